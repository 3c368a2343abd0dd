# What the two projects share: the options that the test passes, the flags, and the functions that make a single header.

# This is set up as for a user who has copied one file: depix is not on the include path. Nothing is optimized, because
# the programs run only briefly.
set(CMAKE_BUILD_TYPE Debug)
set(CMAKE_CXX_FLAGS_DEBUG "-O0")
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(DEPIX_WERROR)
    add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
endif()

# The libraries that depix's data headers need.
list(APPEND CMAKE_MODULE_PATH "${DEPIX_SOURCE_DIR}/cmake")  # FindStb.cmake
find_package(xtensor REQUIRED)
find_package(Stb REQUIRED)
find_package(Threads REQUIRED)
if(DEPIX_OPENMP)
    find_package(OpenMP QUIET COMPONENTS CXX)
endif()
add_library(data_libraries INTERFACE)
target_link_libraries(data_libraries INTERFACE xtensor stb::stb Threads::Threads
                                               $<TARGET_NAME_IF_EXISTS:OpenMP::OpenMP_CXX>)

# depix_amalgamate(OUTPUT [HEADER...]): makes the file when the project is configured, which the test does at each run.
function(depix_amalgamate output)
    execute_process(COMMAND ${CMAKE_COMMAND} -D "OUTPUT=${output}" -D "HEADERS=${ARGN}"
                            -P "${DEPIX_SOURCE_DIR}/cmake/amalgamate.cmake" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# depix_copy(FILE FOLDER HEADER): copies a source file, with HEADER in the place of each of depix's headers.
function(depix_copy file folder header)
    cmake_path(GET file FILENAME name)
    file(READ "${file}" text)
    string(REGEX REPLACE "#include [<\"]depix/[^>\"]+[>\"]" "#include \"${header}\"" text "${text}")
    file(CONFIGURE OUTPUT "${folder}/${name}" CONTENT "@text@" @ONLY)
endfunction()
