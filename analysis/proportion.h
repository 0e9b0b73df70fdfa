/* Proportions of counts, also of counts that are 0 or nearly: where the spread between replications says nothing,
 * because all of them saw no event, the counts still do.
 *
 * Events that come in clumps (packet-ins that are lost while a queue is full) say less than as many independent ones.
 * So trials are counted in groups that are independent of each other (busy periods of the queue), and an effective
 * number of trials is the one that would say as much: n over the design effect (Kish 1965), which is the mean size of a
 * group, or, if that is more, what the clumps that were seen have: Σ events² over Σ events of a group. The interval is
 * that of Clopper and Pearson (1934) with these numbers (Korn, Graubard 1998). */
#ifndef TAMBO_ANALYSIS_PROPORTION_H
#define TAMBO_ANALYSIS_PROPORTION_H

/* Sums over groups. Independent trials are groups of one: groups = trials, events2 = events. */
struct ana_counts {
    double trials, groups;
    double events;  /* Trials with the event, */
    double events2; /* and the sum over groups of the square of their number. */
};

void ana_counts_add(struct ana_counts *sum, const struct ana_counts *more);

/* Independent trials that say as much, and how many of them have the event; not always whole numbers. 0 of 0
 * without any trial. */
struct ana_odds {
    double events, trials;
};
struct ana_odds ana_counts_odds(const struct ana_counts *counts);

/* The interval that covers the probability at least with 'level', half of what is left on each side: between the
 * quantiles of beta distributions. Of no event in n it is 0 to 1 − ((1 − level)/2)^(1/n), about 3.7/n at 95 % (the
 * "rule of three" is its one-sided kin: 3/n); [0, 1] without trials. */
struct ana_proportion {
    double low, high;
};
struct ana_proportion ana_proportion_interval(struct ana_odds seen, double level);

/* The probability of what was seen, or something rarer on its side, when the event has the probability 'p': doubled,
 * at most 1. It is below 1 − level exactly when 'p' is outside the interval. */
double ana_proportion_p(struct ana_odds seen, double p);

#endif
