// depix's version. It is stated here alone: CMakeLists.txt reads it, and a copied folder of headers has it too.
#pragma once

#define DEPIX_VERSION_MAJOR 0
#define DEPIX_VERSION_MINOR 1
#define DEPIX_VERSION_PATCH 0

/// MAJOR * 10000 + MINOR * 100 + PATCH, for `#if DEPIX_VERSION >= 100`.
#define DEPIX_VERSION (DEPIX_VERSION_MAJOR * 10000 + DEPIX_VERSION_MINOR * 100 + DEPIX_VERSION_PATCH)
