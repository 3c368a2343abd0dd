// stb_image and stb_image_write (Sean Barrett, public domain), compiled privately into namespace depix::stb.
//
// PNG, JPEG and BMP, from memory and to memory: depix opens its files itself. The functions are static and live in a
// namespace of their own, so that they meet neither those of another translation unit nor those of a program that uses
// stb itself, whether it includes stb before or after this header. `io/image.hpp` is the interface to use.
#pragma once

// Nothing but stb stands in this file, so its warnings, and only its, are silenced.
#pragma GCC system_header

// All that stb includes must stand here, outside the namespace.
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <exception>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace depix::stb {

/// The largest block that the decoder may ask for, in bytes: a hostile file costs no more memory than its size on
/// screen warrants. The decoder reports "outofmem" beyond it.
inline thread_local size_t largest_block = SIZE_MAX;

/// Zeroed: a JPEG file may use tables that it never defined.
inline void* allocate(size_t bytes) { return bytes <= largest_block ? calloc(bytes, 1) : nullptr; }
inline void* reallocate(void* block, size_t bytes) { return bytes <= largest_block ? realloc(block, bytes) : nullptr; }

/// stb asserts what a hostile file can break, and that there is memory. This must end neither the program nor, with
/// NDEBUG, the check.
struct BrokenAssertion : std::exception {
    const char* what() const noexcept override { return "damaged, or too little memory"; }
};
[[noreturn]] inline void throw_broken_assertion() { throw BrokenAssertion(); }

}  // namespace depix::stb

// The user's own settings of stb are put aside, and put back below.
#pragma push_macro("STB_IMAGE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_STATIC")
#pragma push_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma push_macro("STBIDEF")
#pragma push_macro("STBI_ASSERT")
#pragma push_macro("STBI_MALLOC")
#pragma push_macro("STBI_REALLOC")
#pragma push_macro("STBI_REALLOC_SIZED")
#pragma push_macro("STBI_FREE")
#pragma push_macro("STBI_MAX_DIMENSIONS")
#pragma push_macro("STBI_THREAD_LOCAL")
#pragma push_macro("STBI_ONLY_JPEG")
#pragma push_macro("STBI_ONLY_PNG")
#pragma push_macro("STBI_ONLY_BMP")
#pragma push_macro("STBI_ONLY_PSD")
#pragma push_macro("STBI_ONLY_TGA")
#pragma push_macro("STBI_ONLY_GIF")
#pragma push_macro("STBI_ONLY_HDR")
#pragma push_macro("STBI_ONLY_PIC")
#pragma push_macro("STBI_ONLY_PNM")
#pragma push_macro("STBI_ONLY_ZLIB")
#pragma push_macro("STBI_NO_STDIO")
#pragma push_macro("STBI_NO_LINEAR")
#pragma push_macro("STBI_NO_PNG")
#pragma push_macro("STBI_NO_JPEG")
#pragma push_macro("STBI_NO_BMP")
#pragma push_macro("STBI_NO_GIF")
#pragma push_macro("STBI_NO_HDR")
#pragma push_macro("STBI_NO_PIC")
#pragma push_macro("STBI_NO_PNM")
#pragma push_macro("STBI_NO_PSD")
#pragma push_macro("STBI_NO_TGA")
#pragma push_macro("STBI_NO_ZLIB")
#pragma push_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_WRITE_STATIC")
#pragma push_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma push_macro("STBIWDEF")
#pragma push_macro("STBIW_ASSERT")
#pragma push_macro("STBI_WRITE_NO_STDIO")
#undef STB_IMAGE_IMPLEMENTATION
#undef STB_IMAGE_STATIC
#undef STBI_INCLUDE_STB_IMAGE_H
#undef STBIDEF
#undef STBI_ASSERT
#undef STBI_MALLOC
#undef STBI_REALLOC
#undef STBI_REALLOC_SIZED
#undef STBI_FREE
#undef STBI_MAX_DIMENSIONS
#undef STBI_THREAD_LOCAL
#undef STBI_ONLY_JPEG
#undef STBI_ONLY_PNG
#undef STBI_ONLY_BMP
#undef STBI_ONLY_PSD
#undef STBI_ONLY_TGA
#undef STBI_ONLY_GIF
#undef STBI_ONLY_HDR
#undef STBI_ONLY_PIC
#undef STBI_ONLY_PNM
#undef STBI_ONLY_ZLIB
#undef STBI_NO_STDIO
#undef STBI_NO_LINEAR
#undef STBI_NO_PNG
#undef STBI_NO_JPEG
#undef STBI_NO_BMP
#undef STBI_NO_GIF
#undef STBI_NO_HDR
#undef STBI_NO_PIC
#undef STBI_NO_PNM
#undef STBI_NO_PSD
#undef STBI_NO_TGA
#undef STBI_NO_ZLIB
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_STATIC
#undef INCLUDE_STB_IMAGE_WRITE_H
#undef STBIWDEF
#undef STBIW_ASSERT
#undef STBI_WRITE_NO_STDIO
// These macros of an earlier stb_image would hide the functions they are named after.
#undef stbi__err
#undef stbi__vertically_flip_on_load
#undef stbi__unpremultiply_on_load
#undef stbi__de_iphone_flag

#define STB_IMAGE_STATIC
#define STBI_THREAD_LOCAL thread_local
#define STBI_ASSERT(condition) ((condition) ? (void)0 : depix::stb::throw_broken_assertion())
#define STBI_MALLOC(bytes) depix::stb::allocate(bytes)
#define STBI_REALLOC(block, bytes) depix::stb::reallocate(block, bytes)
#define STBI_FREE(block) free(block)
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_GIF
#define STBI_NO_HDR
#define STBI_NO_PIC
#define STBI_NO_PNM
#define STBI_NO_PSD
#define STBI_NO_TGA
#define STB_IMAGE_WRITE_STATIC
#define STBIW_ASSERT(condition) STBI_ASSERT(condition)
#define STBI_WRITE_NO_STDIO

#if __has_include(<stb/stb_image.h>)
#define DEPIX_STB_IMAGE <stb/stb_image.h>
#define DEPIX_STB_IMAGE_WRITE <stb/stb_image_write.h>
#elif __has_include(<stb_image.h>)
#define DEPIX_STB_IMAGE <stb_image.h>
#define DEPIX_STB_IMAGE_WRITE <stb_image_write.h>
#else
#error "depix reads pictures with stb_image.h, which was not found (Debian: libstb-dev)"
#endif

// stb's declarations are `extern "C"` where a compiler calls itself C++. Then the namespace would not reach g++'s
// symbols, and our private functions would be taken for the user's of the same name; so here it does not call itself
// so.
#pragma push_macro("__cplusplus")
#undef __cplusplus
namespace depix::stb {
#include DEPIX_STB_IMAGE
#include DEPIX_STB_IMAGE_WRITE
}  // namespace depix::stb
#pragma pop_macro("__cplusplus")

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_WRITE_IMPLEMENTATION
namespace depix::stb {
// -O3 would double what stb costs every program to compile, for code that waits for the disk.
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("O1")
#endif
// A damaged JPEG file makes stb shift by more bits than a number has; what comes of it is only a colour.
#if defined(__clang__)
#pragma clang attribute push(__attribute__((no_sanitize("shift"))), apply_to = function)
#endif
#include DEPIX_STB_IMAGE
#include DEPIX_STB_IMAGE_WRITE
#if defined(__clang__)
#pragma clang attribute pop
#endif
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC pop_options
#endif

/// Frees what stbi_zlib_compress returned, with the allocator that stb_image_write took: the user may have named one.
static void free_compressed(void* stream) { STBIW_FREE(stream); }
}  // namespace depix::stb

#undef DEPIX_STB_IMAGE
#undef DEPIX_STB_IMAGE_WRITE
#undef stbi__err
#undef stbi__vertically_flip_on_load
#undef stbi__unpremultiply_on_load
#undef stbi__de_iphone_flag
#pragma pop_macro("STBI_WRITE_NO_STDIO")
#pragma pop_macro("STBIW_ASSERT")
#pragma pop_macro("STBIWDEF")
#pragma pop_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma pop_macro("STB_IMAGE_WRITE_STATIC")
#pragma pop_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma pop_macro("STBI_NO_ZLIB")
#pragma pop_macro("STBI_NO_TGA")
#pragma pop_macro("STBI_NO_PSD")
#pragma pop_macro("STBI_NO_PNM")
#pragma pop_macro("STBI_NO_PIC")
#pragma pop_macro("STBI_NO_HDR")
#pragma pop_macro("STBI_NO_GIF")
#pragma pop_macro("STBI_NO_BMP")
#pragma pop_macro("STBI_NO_JPEG")
#pragma pop_macro("STBI_NO_PNG")
#pragma pop_macro("STBI_NO_LINEAR")
#pragma pop_macro("STBI_NO_STDIO")
#pragma pop_macro("STBI_ONLY_ZLIB")
#pragma pop_macro("STBI_ONLY_PNM")
#pragma pop_macro("STBI_ONLY_PIC")
#pragma pop_macro("STBI_ONLY_HDR")
#pragma pop_macro("STBI_ONLY_GIF")
#pragma pop_macro("STBI_ONLY_TGA")
#pragma pop_macro("STBI_ONLY_PSD")
#pragma pop_macro("STBI_ONLY_BMP")
#pragma pop_macro("STBI_ONLY_PNG")
#pragma pop_macro("STBI_ONLY_JPEG")
#pragma pop_macro("STBI_THREAD_LOCAL")
#pragma pop_macro("STBI_MAX_DIMENSIONS")
#pragma pop_macro("STBI_FREE")
#pragma pop_macro("STBI_REALLOC_SIZED")
#pragma pop_macro("STBI_REALLOC")
#pragma pop_macro("STBI_MALLOC")
#pragma pop_macro("STBI_ASSERT")
#pragma pop_macro("STBIDEF")
#pragma pop_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma pop_macro("STB_IMAGE_STATIC")
#pragma pop_macro("STB_IMAGE_IMPLEMENTATION")
