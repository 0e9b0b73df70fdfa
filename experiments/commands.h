/* The subcommands of tambo: each gets its own argc and argv (argv[0] is the subcommand, argv[-1]
 * the program) and returns an enum exit_code. */
#ifndef TAMBO_EXPERIMENTS_COMMANDS_H
#define TAMBO_EXPERIMENTS_COMMANDS_H

int cmd_plan(int argc, char *const argv[]);
int cmd_model(int argc, char *const argv[]);
int cmd_sim(int argc, char *const argv[]);
int cmd_exp(int argc, char *const argv[]);
int cmd_compare(int argc, char *const argv[]);
int cmd_ping(int argc, char *const argv[]);
int cmd_reroute(int argc, char *const argv[]);
int cmd_check(int argc, char *const argv[]);
int cmd_topo(int argc, char *const argv[]);
int cmd_bench(int argc, char *const argv[]);
int cmd_switch(int argc, char *const argv[]);
int cmd_net(int argc, char *const argv[]);
int cmd_calibrate(int argc, char *const argv[]);
int cmd_trace(int argc, char *const argv[]);
int cmd_replay(int argc, char *const argv[]);

#endif
