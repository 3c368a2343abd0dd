# Compiles SOURCE and compares the result with its `// expect:` lines. If it has any, the compiler must refuse it with
# messages that match every one of them. Otherwise it must compile.
file(STRINGS "${SOURCE}" expectations REGEX "^// expect: ")

execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only -I "${INCLUDE}" -I "${EMULATOR}" "${SOURCE}"
                RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(NOT expectations)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "must compile, and does not:\n${output}")
    endif()
    return()
endif()

if(result EQUAL 0)
    message(FATAL_ERROR "must not compile, and does")
endif()
foreach(expectation IN LISTS expectations)
    string(REGEX REPLACE "^// expect: " "" expectation "${expectation}")
    if(NOT output MATCHES "${expectation}")
        message(FATAL_ERROR "the message does not say \"${expectation}\":\n${output}")
    endif()
endforeach()
