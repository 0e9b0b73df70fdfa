# Compiler flags shared by every room: the warnings that we hold ourselves to, and sanitizers.
add_library(tambo_flags INTERFACE)
target_include_directories(tambo_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(tambo_flags INTERFACE _GNU_SOURCE)
target_compile_options(tambo_flags INTERFACE
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wswitch-enum -Wcast-qual -Wformat=2 -Wvla -Wundef -Wpointer-arith -Wwrite-strings
    # Two runs of the same seed must agree on every machine and in every build, so no fused
    # multiply-add: it rounds once where a debug build rounds twice.
    -ffp-contract=off -g $<$<NOT:$<CONFIG:Release>>:-fno-omit-frame-pointer>)
target_link_libraries(tambo_flags INTERFACE m)

# Structs of some hundred bytes are cleared and copied by vector stores, not by "rep stos", which takes
# longer to begin than the whole would take.
include(CheckCCompilerFlag)
foreach(what memset memcpy)
    check_c_compiler_flag("-m${what}-strategy=vector_loop:512:noalign,libcall:-1:noalign" HAS_${what}_STRATEGY)
    if(HAS_${what}_STRATEGY)
        target_compile_options(tambo_flags INTERFACE
            "-m${what}-strategy=vector_loop:512:noalign,libcall:-1:noalign")
    endif()
endforeach()

if(TAMBO_WERROR)
    target_compile_options(tambo_flags INTERFACE -Werror)
endif()
# Link-time optimisation of the programs for users: a packet-in crosses half a dozen rooms, whose
# small functions are then inlined. The objects are fat, so that tests are linked without it.
if(TAMBO_LTO)
    set(TAMBO_LTO_COMPILE -flto=auto -ffat-lto-objects)
    set(TAMBO_LTO_LINK -flto=auto)
    set(TAMBO_LTO_NO_LINK -fno-lto -fno-use-linker-plugin)
endif()
if(TAMBO_SANITIZE)
    target_compile_options(tambo_flags INTERFACE -fsanitize=${TAMBO_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(tambo_flags INTERFACE -fsanitize=${TAMBO_SANITIZE} -fno-sanitize-recover=all)
endif()
if(TAMBO_FUZZ)
    target_compile_options(tambo_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
# Optimisation by a profile (scripts/build-trained): "generate" makes programs that write one when they end,
# "use" the programs that it serves. What the profile does not know is optimised as without it.
set(TAMBO_PROFILE "" CACHE STRING "Profile-guided optimisation: empty, generate or use")
set(TAMBO_PROFILE_DIR ${CMAKE_BINARY_DIR}/profile)
if(TAMBO_PROFILE STREQUAL "generate")
    target_compile_options(tambo_flags INTERFACE -fprofile-generate=${TAMBO_PROFILE_DIR})
    target_link_options(tambo_flags INTERFACE -fprofile-generate=${TAMBO_PROFILE_DIR})
elseif(TAMBO_PROFILE STREQUAL "use")
    target_compile_options(tambo_flags INTERFACE
        -fprofile-use=${TAMBO_PROFILE_DIR} -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
    target_link_options(tambo_flags INTERFACE -fprofile-use=${TAMBO_PROFILE_DIR})
elseif(TAMBO_PROFILE)
    message(FATAL_ERROR "TAMBO_PROFILE is \"${TAMBO_PROFILE}\": expected generate, use or nothing")
endif()
