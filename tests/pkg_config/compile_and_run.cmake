# Compiles the program of tests/install that needs only depix::depix as COMPILER and PKG_CONFIG say, with what is
# installed below PREFIX, into PROGRAM; and runs it.
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
execute_process(COMMAND "${PKG_CONFIG}" --cflags depix OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
message("pkg-config --cflags depix: ${flags}")
separate_arguments(flags UNIX_COMMAND "${flags}")

file(REMOVE "${PROGRAM}")
execute_process(COMMAND "${COMPILER}" -std=c++20 ${flags} "${CMAKE_CURRENT_LIST_DIR}/../install/core.cpp"
                        -MD -MF "${PROGRAM}.d" -o "${PROGRAM}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${PROGRAM}" COMMAND_ERROR_IS_FATAL ANY)

# It was this depix, and not another that the machine has.
file(READ "${PROGRAM}.d" files)
string(REGEX MATCH "[^ \n]+/depix/depix\\.hpp" header "${files}")
file(REAL_PATH "${header}" header)
file(REAL_PATH "${PREFIX}/include/depix/depix.hpp" expected)
if(NOT header STREQUAL expected)
    message(FATAL_ERROR "compiled with ${header}, not with ${expected}")
endif()
