# Compiles the program of tests/install that needs only depix::depix, with COMPILER and the flags that PKG_CONFIG gives
# for what is installed below PREFIX. The result is PROGRAM, which is then run.
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
execute_process(COMMAND "${PKG_CONFIG}" --cflags depix OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
message("pkg-config --cflags depix: ${flags}")
separate_arguments(flags UNIX_COMMAND "${flags}")

file(REMOVE "${PROGRAM}")
execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} "${CMAKE_CURRENT_LIST_DIR}/../install/core.cpp"
                        -MD -MF "${PROGRAM}.d" -o "${PROGRAM}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${PROGRAM}" COMMAND_ERROR_IS_FATAL ANY)

# The program must have used this depix, not another one on the machine.
file(READ "${PROGRAM}.d" files)
string(REGEX MATCH "[^ \n]+/depix/depix\\.hpp" header "${files}")
file(REAL_PATH "${header}" header)
file(REAL_PATH "${PREFIX}/include/depix/depix.hpp" expected)
if(NOT header STREQUAL expected)
    message(FATAL_ERROR "compiled with ${header}, not with ${expected}")
endif()
