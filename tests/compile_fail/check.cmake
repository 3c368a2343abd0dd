# Compiles SOURCE and compares the result with its `// expect:` lines. If it has any, the compiler must refuse it with
# messages that match every one of them. Otherwise it must compile.
include("${CMAKE_CURRENT_LIST_DIR}/messages.cmake")
file(STRINGS "${SOURCE}" expectations REGEX "^// expect: ")

execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -I "${INCLUDE}" -I "${EMULATOR}" "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(NOT expectations)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "must compile, and does not:\n${output}")
    endif()
    return()
endif()

expect_messages("${result}" "${output}" "${expectations}")
