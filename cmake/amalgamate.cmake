# Writes depix as one file, for projects that prefer to copy a header instead of adding a dependency.
#
#     cmake -D OUTPUT=depix.hpp -P cmake/amalgamate.cmake
#     cmake -D OUTPUT=firmware.hpp -D "HEADERS=depix/static_inference.hpp;depix/models/depixelizer.hpp" -P ...
#
# Without HEADERS the file is the whole library, in this order:
#   - depix/depix.hpp and the other headers that need nothing but the compiler;
#   - the headers that need stb, for programs that define DEPIX_WITH_PICTURES or DEPIX_WITH_DATA before they include it;
#   - the headers that need xtensor, for programs that define DEPIX_WITH_DATA;
#   - the header that needs Eigen, for programs that define DEPIX_WITH_EIGEN.
#
# The headers that need MPI (depix/mpi.hpp, depix/mpi/) are not in it.
#
# With HEADERS it is these headers and what they include, always active. So firmware gets a file without any of the
# host's headers. Device headers (.cuh) are in neither file.
#
# Each header is in the file once, in one piece, after all headers of depix that it includes. `#pragma once` becomes an
# include guard of each header. So one translation unit can include two files made here, and can include one of them a
# second time with DEPIX_WITH_DATA or DEPIX_WITH_EIGEN. Includes of other libraries stay where they are.
#
# depix uses `#pragma GCC system_header` to include stb and xtensor without warnings. The pragma turns warnings off for
# the rest of the file that contains it. So all headers that need no other library come first, and all of the compiler's
# warnings are on for them.
#
# The script refuses what it cannot move and names file and line: an include of depix inside an #if or after code, a
# circular include, or a file that does not exist. It also refuses a header that includes one that needs a library which
# the first must not need.
cmake_minimum_required(VERSION 3.25)

cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
if("${OUTPUT}" STREQUAL "")
    message(FATAL_ERROR "usage: cmake -D OUTPUT=depix.hpp [-D HEADERS=depix/static_inference.hpp] -P amalgamate.cmake")
endif()

# CMakeLists.txt says which headers need another library.
include("${root}/cmake/version.cmake")
depix_read_version(version "${root}")
foreach(kind IN ITEMS data eigen picture)
    file(STRINGS "${root}/CMakeLists.txt" filter_line REGEX "^list\\(FILTER ${kind}_headers INCLUDE REGEX ")
    if(NOT filter_line MATCHES "REGEX \"(.+)\"\\)")
        message(FATAL_ERROR "CMakeLists.txt: no line 'list(FILTER ${kind}_headers INCLUDE REGEX \"...\")'")
    endif()
    string(REPLACE "\\\\" "\\" ${kind}_header "${CMAKE_MATCH_1}")
    string(REPLACE "/depix/" "^depix/" ${kind}_header "${${kind}_header}")
endforeach()

# find_needs(OUTPUT HEADER): 0 if HEADER needs nothing but the compiler, 1 if it needs stb, 2 if it needs xtensor too, 3
# if it needs Eigen and neither of the others.
function(find_needs output header)
    set(${output} 0 PARENT_SCOPE)
    if(header MATCHES "${data_header}")
        set(${output} 2 PARENT_SCOPE)
    elseif(header MATCHES "${eigen_header}")
        set(${output} 3 PARENT_SCOPE)
    elseif(header MATCHES "${picture_header}")
        set(${output} 1 PARENT_SCOPE)
    endif()
endfunction()

# These characters have a meaning in CMake's lists and none of that in C++, so they are replaced until the file is
# written.
string(ASCII 1 semicolon)
string(ASCII 2 opening_bracket)
string(ASCII 3 closing_bracket)
string(ASCII 4 backslash)

# add_header(HEADER WANTED_BY): reads include/HEADER. The headers of depix that it includes are added to the global
# property `order` first, then HEADER. Its lines become the property `text of HEADER`. WANTED_BY, "file:line", is named
# in the message if that fails.
function(add_header header wanted_by)
    get_property(state GLOBAL PROPERTY "state of ${header}")
    if(state STREQUAL "read")
        return()
    elseif(state STREQUAL "open")
        message(FATAL_ERROR "${wanted_by}: ${header} is included in a circle")
    elseif(NOT header MATCHES "\\.hpp$")
        message(FATAL_ERROR "${wanted_by}: ${header} is no .hpp, and cannot be part of one")
    elseif(NOT EXISTS "${root}/include/${header}")
        message(FATAL_ERROR "${wanted_by}: no file include/${header}")
    endif()
    set_property(GLOBAL PROPERTY "state of ${header}" "open")

    file(READ "${root}/include/${header}" lines)
    string(REPLACE "\r\n" "\n" lines "${lines}")
    string(REPLACE ";" "${semicolon}" lines "${lines}")
    string(REPLACE "[" "${opening_bracket}" lines "${lines}")
    string(REPLACE "]" "${closing_bracket}" lines "${lines}")
    string(REPLACE "\\" "${backslash}" lines "${lines}")
    string(REGEX REPLACE "\n$" "" lines "${lines}")
    string(REPLACE "\n" ";" lines "${lines}")

    set(text "")
    set(number 0)  # of the current line
    set(depth 0)  # how many #if enclose the line
    set(code FALSE)  # whether an earlier line is more than a comment or an include
    set(after_blank TRUE)
    foreach(line IN LISTS lines)
        math(EXPR number "${number} + 1")
        set(here "include/${header}:${number}")
        if(line MATCHES "^[ \t]*$")
            if(after_blank AND NOT code)
                continue()  # no blank lines remain where lines were removed
            endif()
            set(after_blank TRUE)
        elseif(line MATCHES "^[ \t]*#")
            if(line MATCHES "^[ \t]*#[ \t]*include[ \t]*[<\"](depix/[^>\"]+)[>\"]")
                set(included "${CMAKE_MATCH_1}")
                if(depth GREATER 0)
                    message(FATAL_ERROR "${here}: ${included} is included inside an #if: it cannot be moved")
                elseif(code)
                    message(FATAL_ERROR "${here}: ${included} is included behind code: it cannot be moved")
                endif()
                find_needs(needs "${header}")
                find_needs(included_needs "${included}")
                if(included_needs GREATER needs OR (needs EQUAL 3 AND included_needs MATCHES "[12]"))
                    message(FATAL_ERROR "${here}: ${included} needs stb, xtensor or Eigen, and this header must not")
                endif()
                add_header("${included}" "${here}")
                continue()
            elseif(line MATCHES "^[ \t]*#[ \t]*include[ \t]*\"|__has_include[ \t]*\\([<\"]depix/")
                message(FATAL_ERROR "${here}: depix's headers are included as \"depix/...\", and always")
            elseif(line MATCHES "^[ \t]*#[ \t]*pragma[ \t]+once")
                continue()
            elseif(line MATCHES "^[ \t]*#[ \t]*if")
                math(EXPR depth "${depth} + 1")
            elseif(line MATCHES "^[ \t]*#[ \t]*endif")
                math(EXPR depth "${depth} - 1")
            elseif(line MATCHES "^[ \t]*#[ \t]*(define|undef)")
                set(code TRUE)
            endif()
            set(after_blank FALSE)
        else()
            if(NOT line MATCHES "^[ \t]*//")
                set(code TRUE)
            endif()
            set(after_blank FALSE)
        endif()
        string(APPEND text "${line}\n")
    endforeach()

    set_property(GLOBAL PROPERTY "text of ${header}" "${text}")
    set_property(GLOBAL PROPERTY "state of ${header}" "read")
    set_property(GLOBAL APPEND PROPERTY order "${header}")
endfunction()

# write_headers(HEADER...): appends them to `output`.
macro(write_headers)
    foreach(header ${ARGN})
        get_property(text GLOBAL PROPERTY "text of ${header}")
        string(TOUPPER "${header}" guard)
        string(REGEX REPLACE "[^A-Z0-9]" "_" guard "${guard}")
        string(APPEND output "\n// ---- ${header} ----\n"
                             "#ifndef ${guard}\n#define ${guard}\n${text}#endif  // ${guard}\n")
    endforeach()
endmacro()

# ---- which headers ---------------------------------------------------------------------------------------------------

set(wanted ${HEADERS})
if("${HEADERS}" STREQUAL "")
    file(GLOB_RECURSE wanted RELATIVE "${root}/include" "${root}/include/depix/*.hpp")
    # A program that uses MPI has a cluster's software, and can have a folder of headers too.
    list(FILTER wanted EXCLUDE REGEX "^depix/mpi(/.*)?\\.hpp$")
    list(PREPEND wanted depix/depix.hpp)
endif()
foreach(header IN LISTS wanted)
    add_header("${header}" "HEADERS")
endforeach()

# Every header still comes after those that it includes, because add_header allows none to include one that needs more.
get_property(order GLOBAL PROPERTY order)
set(core "")
set(pictures "")
set(data "")
set(eigen "")
foreach(header IN LISTS order)
    find_needs(needs "${header}")
    if(needs EQUAL 3)
        list(APPEND eigen "${header}")
    elseif(needs EQUAL 2)
        list(APPEND data "${header}")
    elseif(needs EQUAL 1)
        list(APPEND pictures "${header}")
    else()
        list(APPEND core "${header}")
    endif()
endforeach()

# ---- the file --------------------------------------------------------------------------------------------------------

set(output "// depix ${version}: compile-time image-restoration networks, in one file.\n"
           "// MIT: see depix's LICENSE.\n//\n")
if("${HEADERS}" STREQUAL "")
    list(APPEND output
        "// It needs g++ 12 or clang++ 14 and newer (GCC's vector extensions), and no library. Image files, degradations\n"
        "// and sources need stb: #define DEPIX_WITH_PICTURES before the include. Batches and .npy need xtensor as well:\n"
        "// #define DEPIX_WITH_DATA. Pictures and weights as Eigen's matrices need Eigen: #define DEPIX_WITH_EIGEN.\n//\n"
        "// Made of depix's headers, and not to be edited, by\n"
        "//     cmake -D OUTPUT=depix.hpp -P cmake/amalgamate.cmake\n")
else()
    list(APPEND output
        "// Made of depix's headers, and not to be edited, by cmake/amalgamate.cmake from\n")
    foreach(header IN LISTS HEADERS)
        list(APPEND output "//     ${header}\n")
    endforeach()
endif()
list(JOIN output "" output)
write_headers(${core})
if("${HEADERS}" STREQUAL "")
    string(APPEND output "\n// ==== what needs stb ====\n#if defined(DEPIX_WITH_PICTURES) || defined(DEPIX_WITH_DATA)\n")
    write_headers(${pictures})
    string(APPEND output "\n#endif  // DEPIX_WITH_PICTURES\n\n// ==== what needs xtensor ====\n#ifdef DEPIX_WITH_DATA\n")
    write_headers(${data})
    string(APPEND output "\n#endif  // DEPIX_WITH_DATA\n\n// ==== what needs Eigen ====\n#ifdef DEPIX_WITH_EIGEN\n")
    write_headers(${eigen})
    string(APPEND output "\n#endif  // DEPIX_WITH_EIGEN\n")
else()
    write_headers(${pictures} ${data} ${eigen})
endif()
string(REPLACE "${semicolon}" ";" output "${output}")
string(REPLACE "${opening_bracket}" "[" output "${output}")
string(REPLACE "${closing_bracket}" "]" output "${output}")
string(REPLACE "${backslash}" "\\" output "${output}")

# If the contents are the same, the file keeps its time, and nothing that includes it is compiled again. Otherwise the
# new file is renamed into place, so that no other process reads half of it.
if(EXISTS "${OUTPUT}")
    file(READ "${OUTPUT}" before)
    if(before STREQUAL output)
        return()
    endif()
endif()
string(RANDOM LENGTH 8 suffix)
file(WRITE "${OUTPUT}.${suffix}" "${output}")
file(RENAME "${OUTPUT}.${suffix}" "${OUTPUT}")
