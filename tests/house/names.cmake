# Checks that `using namespace depix` with <depix/depix.hpp> brings in the names of names.txt and no others. They are
# taken from a compiler's code completion. CLANG is that compiler, SOURCE the repository, FOLDER a folder for the
# program.
cmake_minimum_required(VERSION 3.25)
set(list "${SOURCE}/tests/house/names.txt")
file(WRITE "${FOLDER}/names.cpp" "#include <depix/depix.hpp>\nint main() { depix::\n}\n")
execute_process(
    COMMAND ${CLANG} -std=c++20 -fopenmp "-I${SOURCE}/include" -fsyntax-only
            -Xclang "-code-completion-at=${FOLDER}/names.cpp:2:21" "${FOLDER}/names.cpp"
    OUTPUT_VARIABLE completions ERROR_QUIET)
string(REGEX MATCHALL "COMPLETION: [A-Za-z_0-9]+" found "${completions}")
list(TRANSFORM found REPLACE "COMPLETION: " "")
list(REMOVE_ITEM found operator)
list(REMOVE_DUPLICATES found)
list(LENGTH found count)
if(count LESS 100)
    message(FATAL_ERROR "${CLANG} found no more than these names: ${found}")
endif()

file(STRINGS "${list}" stated)
foreach(name IN LISTS found)
    if(NOT name IN_LIST stated)
        string(APPEND wrong "\n  new: ${name}")
    endif()
endforeach()
foreach(name IN LISTS stated)
    if(NOT name IN_LIST found)
        string(APPEND wrong "\n  gone: ${name}")
    endif()
endforeach()
if(wrong)
    message(FATAL_ERROR "The names that depix brings in are not those of tests/house/names.txt.${wrong}\n"
                        "A helper belongs into depix::detail; a name that users write, into the list.")
endif()
message(STATUS "${count} names")
