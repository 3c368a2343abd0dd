# Writes a folder that the package managers of embedded systems take as it is: Arduino, PlatformIO, ESP-IDF, Zephyr and
# CMSIS-Pack. The same folder suits all of them.
#
#     cmake -D FOLDER=release/depix -D URL=https://example.org/depix [-D DATE=2026-01-31] -P cmake/embedded_packages.cmake
#
#     src/depix/...         the headers that firmware needs, and what they include
#     library.properties    Arduino      https://arduino.github.io/arduino-cli/latest/library-specification/
#     examples/RestoreRows  Arduino's sketch
#     library.json          PlatformIO   https://docs.platformio.org/en/latest/manifests/library-json/
#     idf_component.yml     ESP-IDF      https://docs.espressif.com/projects/idf-component-manager/
#     CMakeLists.txt        ESP-IDF's component
#     zephyr/               Zephyr       https://docs.zephyrproject.org/latest/develop/modules.html
#     depix.depix.pdsc      CMSIS-Pack   https://open-cmsis-pack.github.io/Open-CMSIS-Pack-Spec/
#
# Each of them but Zephyr insists on its file at the top of the folder, and Zephyr on zephyr/module.yml. So none of them
# lies in depix's repository. FOLDER is deleted and made again. URL is where the project lives, and DATE the release's.
cmake_minimum_required(VERSION 3.25)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
if("${FOLDER}" STREQUAL "" OR NOT "${URL}" MATCHES "^https://[^ ]+$")
    message(FATAL_ERROR "usage: cmake -D FOLDER=folder -D URL=https://... [-D DATE=YYYY-MM-DD] -P embedded_packages.cmake")
endif()
if("${DATE}" STREQUAL "")
    string(TIMESTAMP DATE "%Y-%m-%d" UTC)
elseif(NOT DATE MATCHES "^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]$")
    message(FATAL_ERROR "DATE=${DATE} is not of the form YYYY-MM-DD")
endif()
if(EXISTS "${FOLDER}" AND NOT EXISTS "${FOLDER}/library.properties")
    message(FATAL_ERROR "${FOLDER} is there and was not made by this script")
endif()
include("${root}/cmake/version.cmake")

# ---- what all of them state ------------------------------------------------------------------------------------------

depix_read_version(version "${root}")
set(name depix)
set(author "The depix authors")
set(license MIT)
set(sentence "Neural networks that restore images, for microcontrollers.")
set(paragraph "A network is a type. The compiler checks it, plans its memory and knows how many bytes it needs; \
row by row it needs some dozen kilobytes. No heap, no exceptions. It needs C++20.")
set(keywords neural-network image denoising super-resolution header-only)
set(standard gnu++20)
set(main_headers static_inference streaming_inference region_inference quantize/static_inference half models/depixelizer
    models/documents_autoencoder models/text_restorer models/page_cleaner models/compact models/mlperf_tiny)

# ---- the headers -----------------------------------------------------------------------------------------------------

file(REMOVE_RECURSE "${FOLDER}")
file(GLOB layers RELATIVE "${root}/include" "${root}/include/depix/layers/*.hpp")
set(waiting ${layers})
foreach(header IN LISTS main_headers)
    list(APPEND waiting "depix/${header}.hpp")
endforeach()
set(copied "")
while(waiting)
    list(POP_FRONT waiting header)
    if(header IN_LIST copied)
        continue()
    endif()
    list(APPEND copied "${header}")
    file(STRINGS "${root}/include/${header}" includes REGEX "^#include [<\"]depix/")
    list(TRANSFORM includes REPLACE "^#include [<\"](depix/[^>\"]+).*" "\\1")
    list(APPEND waiting ${includes})
    cmake_path(GET header PARENT_PATH folder)
    file(COPY "${root}/include/${header}" DESTINATION "${FOLDER}/src/${folder}")
endwhile()
file(COPY "${root}/LICENSE" DESTINATION "${FOLDER}")

# Arduino looks for a header by the library's name.
file(WRITE "${FOLDER}/src/depix.h" "#pragma once
#if __cplusplus < 202002L
#error \"depix needs C++20: compile with -std=gnu++20\"
#endif
#include \"depix/region_inference.hpp\"
#include \"depix/streaming_inference.hpp\"
")

# ---- Arduino ---------------------------------------------------------------------------------------------------------

file(WRITE "${FOLDER}/library.properties" "name=${name}
version=${version}
author=${author}
maintainer=${author}
sentence=${sentence}
paragraph=${paragraph}
category=Data Processing
url=${URL}
architectures=*
includes=depix.h
")
file(WRITE "${FOLDER}/examples/RestoreRows/RestoreRows.ino" [=[
// Restores a picture row by row. The weights here are zeros; `depix embed MODEL -o weights.hpp` writes real ones.
//
// depix needs C++20: for boards whose compiler does not take it by default, write
//     compiler.cpp.extra_flags=-std=gnu++20
// into platform.local.txt beside the board's platform.txt.
#include <depix.h>
#include <depix/models/documents_autoencoder.hpp>

using Rows = depix::StreamingInference<depix::DocumentsAutoencoder, 32>;
static_assert(sizeof(Rows) < 16 * 1024, "the board's memory");

static Rows network;
static const float weights[Rows::parameter_count] = {};
static float picture_row[32];

void setup() {
    Serial.begin(115200);
    network.begin(weights, nullptr, 64);
    for (int y = 0; y < 64; ++y)
        network.push(picture_row, [](int row, const float* values) {
            Serial.print(row);
            Serial.print(": ");
            Serial.println(values[0]);
        });
}

void loop() {}
]=])

# ---- PlatformIO ------------------------------------------------------------------------------------------------------

list(JOIN keywords "\", \"" quoted_keywords)
file(WRITE "${FOLDER}/library.json" "{
  \"name\": \"${name}\",
  \"version\": \"${version}\",
  \"description\": \"${sentence} ${paragraph}\",
  \"keywords\": [\"${quoted_keywords}\"],
  \"repository\": { \"type\": \"git\", \"url\": \"${URL}\" },
  \"authors\": [{ \"name\": \"${author}\", \"maintainer\": true }],
  \"license\": \"${license}\",
  \"frameworks\": \"*\",
  \"platforms\": \"*\",
  \"headers\": \"depix.h\",
  \"build\": { \"srcDir\": \"src\", \"includeDir\": \"src\", \"flags\": \"-std=${standard}\" }
}
")

# ---- ESP-IDF ---------------------------------------------------------------------------------------------------------

file(WRITE "${FOLDER}/idf_component.yml" "version: \"${version}\"
description: \"${sentence}\"
url: \"${URL}\"
license: \"${license}\"
dependencies:
  idf: \">=5.0\"
")
file(WRITE "${FOLDER}/CMakeLists.txt" "# ESP-IDF's component of headers.
idf_component_register(INCLUDE_DIRS src)
target_compile_features(\${COMPONENT_LIB} INTERFACE cxx_std_20)
")

# ---- Zephyr ----------------------------------------------------------------------------------------------------------

file(WRITE "${FOLDER}/zephyr/module.yml" "name: ${name}
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
")
file(WRITE "${FOLDER}/zephyr/Kconfig" "config DEPIX
	bool \"depix: ${sentence}\"
	depends on CPP && STD_CPP20
	help
	  Adds the headers of depix. It needs REQUIRES_FULL_LIBCPP or another C++ library with <array>.
")
file(WRITE "${FOLDER}/zephyr/CMakeLists.txt" "if(CONFIG_DEPIX)
  zephyr_include_directories(../src)
endif()
")

# ---- CMSIS-Pack ------------------------------------------------------------------------------------------------------

file(WRITE "${FOLDER}/depix.depix.pdsc" "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<package schemaVersion=\"1.7.7\" xmlns:xs=\"http://www.w3.org/2001/XMLSchema-instance\" xs:noNamespaceSchemaLocation=\"PACK.xsd\">
  <vendor>depix</vendor>
  <name>${name}</name>
  <description>${sentence}</description>
  <url>${URL}</url>
  <license>LICENSE</license>
  <releases>
    <release version=\"${version}\" date=\"${DATE}\">See CHANGELOG.md of the project.</release>
  </releases>
  <components>
    <component Cclass=\"Machine Learning\" Cgroup=\"depix\" Cversion=\"${version}\">
      <description>${paragraph}</description>
      <files>
        <file category=\"include\" name=\"src/\"/>
        <file category=\"header\" name=\"src/depix.h\"/>
      </files>
    </component>
  </components>
</package>
")
list(LENGTH copied count)
message(STATUS "${FOLDER}: ${name} ${version}, ${count} headers")
