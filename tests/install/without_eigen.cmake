# Where Eigen is missing, find_package(depix COMPONENTS eigen) fails, and the message says what to install; without the
# component depix is found. PREFIX is where depix is installed, FOLDER becomes a project, and COMPILER is its compiler.
file(REMOVE_RECURSE "${FOLDER}")
file(WRITE "${FOLDER}/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)
project(depix_without_eigen LANGUAGES CXX)
find_package(depix CONFIG REQUIRED)
find_package(depix CONFIG REQUIRED COMPONENTS eigen)
")
execute_process(COMMAND ${CMAKE_COMMAND} -S "${FOLDER}" -B "${FOLDER}/build" "-DCMAKE_PREFIX_PATH=${PREFIX}"
                        "-DCMAKE_CXX_COMPILER=${COMPILER}" -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON
                RESULT_VARIABLE result ERROR_VARIABLE messages)
string(REGEX REPLACE "[ \n]+" " " messages "${messages}")  # CMake breaks long lines
string(FIND "${messages}" "CMakeLists.txt:4 (find_package)" place)
string(FIND "${messages}" "needs Eigen 3, which was not found (Debian: libeigen3-dev)" found)
if(result EQUAL 0 OR place EQUAL -1 OR found EQUAL -1)
    message(FATAL_ERROR "result ${result}, said: ${messages}")
endif()
