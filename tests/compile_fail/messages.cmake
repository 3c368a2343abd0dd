# expect_messages(RESULT OUTPUT EXPECTATIONS): the compiler must have ended with an error, and have said what the `// expect:`
# lines of the source say.
function(expect_messages result output expectations)
    if(result EQUAL 0)
        message(FATAL_ERROR "must not compile, and does")
    endif()
    foreach(expectation IN LISTS expectations)
        string(REGEX REPLACE "^// expect: " "" expectation "${expectation}")
        if(NOT output MATCHES "${expectation}")
            message(FATAL_ERROR "the message does not say \"${expectation}\":\n${output}")
        endif()
    endforeach()
endfunction()
