# check.cmake: makes the folder and checks it. SOURCE is the repository, FOLDER a folder for the result, COMPILER a C++
# compiler, VERSION depix's version.
cmake_minimum_required(VERSION 3.25)
file(REMOVE_RECURSE "${FOLDER}")
function(generate result)
    execute_process(COMMAND ${CMAKE_COMMAND} -D "FOLDER=${FOLDER}/depix" ${ARGN} -P "${SOURCE}/cmake/embedded_packages.cmake"
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")  # CMake breaks the lines of its messages
    set(${result} "${status}:${output}" PARENT_SCOPE)
endfunction()
function(expect what)
    if(NOT (${ARGN}))
        message(SEND_ERROR "wrong: ${what}")
    endif()
endfunction()

generate(refused)
expect("no URL: ${refused}" refused MATCHES "^1:.*usage: ")
generate(refused -D URL=https://example.org/depix -D DATE=31.1.2026)
expect("a date: ${refused}" refused MATCHES "DATE=31.1.2026 is not of the form")
file(MAKE_DIRECTORY "${FOLDER}/depix")
generate(refused -D URL=https://example.org/depix)
expect("someone's folder: ${refused}" refused MATCHES "is there and was not made by this")
file(REMOVE_RECURSE "${FOLDER}/depix")
foreach(time IN ITEMS first second)
    generate(made -D URL=https://example.org/depix -D DATE=2026-01-31)
    expect("the ${time} time: ${made}" made MATCHES "^0:")
endforeach()
set(package "${FOLDER}/depix")

# Where each tool looks.
foreach(file library.properties src/depix.h examples/RestoreRows/RestoreRows.ino library.json idf_component.yml CMakeLists.txt
        zephyr/module.yml zephyr/CMakeLists.txt zephyr/Kconfig depix.depix.pdsc LICENSE src/depix/streaming_inference.hpp
        src/depix/quantize/static_inference.hpp)
    expect("no ${file}" EXISTS "${package}/${file}")
endforeach()

# Arduino: all fields that its specification requires, one of its categories, each in one line.
file(STRINGS "${package}/library.properties" lines)
foreach(field name=depix version=${VERSION} author=.+ maintainer=.+ sentence=.+ paragraph=.+ "url=https://.+" architectures=.+
        "category=(Display|Communication|Signal Input/Output|Sensors|Device Control|Timing|Data Storage|Data Processing|Other)"
        includes=depix.h)
    set(found ${lines})
    list(FILTER found INCLUDE REGEX "^${field}$")
    list(LENGTH found count)
    expect("library.properties: ${field}" count EQUAL 1)
endforeach()

# PlatformIO: JSON with these fields.
file(READ "${package}/library.json" json)
foreach(field name version description keywords repository authors license frameworks platforms headers build)
    string(JSON type ERROR_VARIABLE error TYPE "${json}" ${field})
    expect("library.json: ${field}: ${error}" error STREQUAL "NOTFOUND")
endforeach()
string(JSON version GET "${json}" version)
expect("library.json: version ${version}" version STREQUAL VERSION)
string(JSON flags GET "${json}" build flags)
expect("library.json: flags ${flags}" flags STREQUAL "-std=gnu++20")

# ESP-IDF, Zephyr and CMSIS-Pack.
file(READ "${package}/idf_component.yml" component)
expect("idf_component.yml" component MATCHES "^version: \"${VERSION}\"\n.*\nlicense: \"MIT\"\ndependencies:\n  idf: ")
file(READ "${package}/CMakeLists.txt" component)
expect("CMakeLists.txt" component MATCHES "idf_component_register\\(INCLUDE_DIRS src\\)")
file(READ "${package}/zephyr/module.yml" module)
expect("module.yml" module STREQUAL "name: depix\nbuild:\n  cmake: zephyr\n  kconfig: zephyr/Kconfig\n")
file(READ "${package}/depix.depix.pdsc" pack)
expect("pdsc: its name is VENDOR.NAME.pdsc" pack MATCHES "<vendor>depix</vendor>\n  <name>depix</name>")
expect("pdsc: release" pack MATCHES "<release version=\"${VERSION}\" date=\"2026-01-31\">")
expect("pdsc: folder" pack MATCHES "<file category=\"include\" name=\"src/\"/>")

# The sketch compiles with the folder alone.
file(WRITE "${FOLDER}/Arduino.h" "struct Port {
    void begin(long);
    void print(int);
    void print(const char*);
    void println(float);
};
extern Port Serial;
")
execute_process(COMMAND "${COMPILER}" -std=gnu++20 -fno-exceptions -fno-rtti -Wall -Wextra -Werror -fsyntax-only -include
                        "${FOLDER}/Arduino.h" -I "${package}/src" -x c++ "${package}/examples/RestoreRows/RestoreRows.ino"
                RESULT_VARIABLE status ERROR_VARIABLE output)
expect("the sketch: ${output}" status EQUAL 0)
