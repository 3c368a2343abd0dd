# cmake/amalgamate.cmake refuses what it cannot do, names file and line, and writes nothing. FOLDER becomes a project
# like depix, with headers that are wrong.
cmake_path(SET root NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../..")
file(REMOVE_RECURSE "${FOLDER}")
file(COPY "${root}/CMakeLists.txt" DESTINATION "${FOLDER}")
file(COPY "${root}/cmake/amalgamate.cmake" "${root}/cmake/version.cmake" DESTINATION "${FOLDER}/cmake")
file(COPY "${root}/include/depix/version.hpp" DESTINATION "${FOLDER}/include/depix")
set(include "${FOLDER}/include/depix")

# amalgamate(HEADER): runs it; sets `result` and `messages`.
macro(amalgamate)
    file(REMOVE_RECURSE "${FOLDER}/out")
    execute_process(COMMAND ${CMAKE_COMMAND} -D OUTPUT=${FOLDER}/out/depix.hpp -D "HEADERS=${ARGN}"
                            -P "${FOLDER}/cmake/amalgamate.cmake" RESULT_VARIABLE result ERROR_VARIABLE messages)
    string(REGEX REPLACE "[ \n]+" " " messages "${messages}")  # CMake breaks long lines
endmacro()

# refused(WHERE WHAT HEADER...): the message must say WHERE, and WHAT is wrong there.
function(refused where what)
    amalgamate(${ARGN})
    file(GLOB written "${FOLDER}/out/*")
    string(FIND "${messages}" "${where}: ${what}" found)
    if(result EQUAL 0 OR written OR found EQUAL -1)
        message(SEND_ERROR "expected: ${where}: ${what}\nresult ${result}, written '${written}', said: ${messages}")
    endif()
endfunction()

file(WRITE "${include}/shape.hpp" "#pragma once\nstruct Shape {};\n")
file(WRITE "${include}/io/image.hpp" "#pragma once\n#include \"depix/shape.hpp\"\n")

file(WRITE "${include}/conditional.hpp" "#pragma once\n\n#ifdef SHAPES\n#include \"depix/shape.hpp\"\n#endif\n")
refused("include/depix/conditional.hpp:4" "depix/shape.hpp is included inside an #if" depix/conditional.hpp)

file(WRITE "${include}/behind.hpp" "#pragma once\nstruct Before {};\n#include \"depix/shape.hpp\"\n")
refused("include/depix/behind.hpp:3" "depix/shape.hpp is included behind code" depix/behind.hpp)

file(WRITE "${include}/relative.hpp" "#include \"shape.hpp\"\n")
refused("include/depix/relative.hpp:1" "depix's headers are included as" depix/relative.hpp)

file(WRITE "${include}/missing.hpp" "// A comment; [with what] CMake\\\n// may trip over.\n#include <depix/none.hpp>\n")
refused("include/depix/missing.hpp:3" "no file include/depix/none.hpp" depix/shape.hpp depix/missing.hpp)
refused("HEADERS" "no file include/depix/none.hpp" depix/none.hpp)

file(WRITE "${include}/circle.hpp" "#include \"depix/circle_back.hpp\"\n")
file(WRITE "${include}/circle_back.hpp" "#include \"depix/circle.hpp\"\n")
refused("include/depix/circle_back.hpp:1" "depix/circle.hpp is included in a circle" depix/circle.hpp)

file(WRITE "${include}/device.hpp" "#include \"depix/device.cuh\"\n")
refused("include/depix/device.hpp:1" "depix/device.cuh is no .hpp" depix/device.hpp)

file(WRITE "${include}/core.hpp" "#include \"depix/io/image.hpp\"\n")
refused("include/depix/core.hpp:1" "depix/io/image.hpp needs stb, xtensor or Eigen" depix/core.hpp)
file(WRITE "${include}/data/eigen.hpp" "#include \"depix/io/image.hpp\"\n")
refused("include/depix/data/eigen.hpp:1" "depix/io/image.hpp needs stb, xtensor or Eigen" depix/data/eigen.hpp)
file(WRITE "${include}/data/array.hpp" "#include \"depix/shape.hpp\"\n#include \"depix/data/eigen.hpp\"\n")
file(WRITE "${include}/data/eigen.hpp" "#include \"depix/shape.hpp\"\n")
refused("include/depix/data/array.hpp:2" "depix/data/eigen.hpp needs stb, xtensor or Eigen" depix/data/array.hpp)

# Unusual lines are written as they were.
set(odd "#include <cstddef>\nconst char* odd = \"]; [\\\\ \\n;\";  // \${x} @x@ [[\n\n\n#define LONG \\\n    1\n")
file(WRITE "${include}/odd.hpp" "// Odd.\n#pragma once\n\n#include \"depix/shape.hpp\"\n\n${odd}")
amalgamate(depix/odd.hpp)
file(READ "${FOLDER}/out/depix.hpp" written)
string(CONCAT expected "\n// ---- depix/shape.hpp ----\n#ifndef DEPIX_SHAPE_HPP\n#define DEPIX_SHAPE_HPP\n"
                       "struct Shape {};\n#endif  // DEPIX_SHAPE_HPP\n"
                       "\n// ---- depix/odd.hpp ----\n#ifndef DEPIX_ODD_HPP\n#define DEPIX_ODD_HPP\n"
                       "// Odd.\n\n${odd}#endif  // DEPIX_ODD_HPP\n")
string(FIND "${written}" "${expected}" found)
if(NOT result EQUAL 0 OR found EQUAL -1)
    message(SEND_ERROR "result ${result}: ${messages}; expected:\n${expected}\nbut written:\n${written}")
endif()
