# Checks that SOURCE, preprocessed by COMPILER with INCLUDE on its path, names neither stb, nor xtensor,
# nor Eigen's files.
execute_process(COMMAND "${COMPILER}" -std=c++20 -E -I "${INCLUDE}" "${SOURCE}" OUTPUT_VARIABLE preprocessed
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT preprocessed MATCHES "/depix\\.hpp\"")
    message(FATAL_ERROR "depix is not in the preprocessed file")
endif()
foreach(name xtensor stb_image stb_truetype Eigen/Core)
    string(FIND "${preprocessed}" "${name}" found)
    if(NOT found EQUAL -1)
        string(SUBSTRING "${preprocessed}" ${found} 100 around)
        message(FATAL_ERROR "without DEPIX_WITH_PICTURES, DEPIX_WITH_DATA and DEPIX_WITH_EIGEN: ${around}")
    endif()
endforeach()

# After `#pragma GCC system_header` the compiler gives no more warnings about a file. So the pragma must not be in the
# part that every program includes.
file(READ "${INCLUDE}/depix.hpp" header)
string(FIND "${header}" "\n#if defined(DEPIX_WITH_PICTURES) || defined(DEPIX_WITH_DATA)\n" pictures)
string(FIND "${header}" "system_header" quiet)
if(pictures EQUAL -1 OR quiet LESS pictures)
    message(FATAL_ERROR "depix.hpp: the core is a system header: ${quiet} of ${pictures} characters")
endif()
