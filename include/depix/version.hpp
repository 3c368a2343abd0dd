// depix's version. It is stated only in this file, which CMakeLists.txt reads and which a copied folder of headers has,
// too.
#pragma once

#define DEPIX_VERSION_MAJOR 0
#define DEPIX_VERSION_MINOR 1
#define DEPIX_VERSION_PATCH 0

/// MAJOR * 10000 + MINOR * 100 + PATCH, for `#if DEPIX_VERSION >= 100`.
#define DEPIX_VERSION (DEPIX_VERSION_MAJOR * 10000 + DEPIX_VERSION_MINOR * 100 + DEPIX_VERSION_PATCH)
