# Writes a C file that contains the page as a text.
# Usage: cmake -DIN=index.html -DOUT=nb_page.c -P embed.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "/* Generated from controller/northbound/web by embed.cmake. */\n#include \"controller/northbound/nb_web.h\"\n\nconst char nb_web_page[] = {${bytes}0};\n")
