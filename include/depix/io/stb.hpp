// stb_image and stb_image_write (Sean Barrett, public domain), compiled privately into namespace depix::stb.
//
// It reads and writes PNG, JPEG and BMP in memory, because depix opens its files itself. The functions are static and
// in a namespace of their own, so that they conflict neither with those of another translation unit nor with those of a
// program that uses stb itself, whether it includes stb before or after this header. `io/image.hpp` is the interface to
// use.
#pragma once

// This file contains nothing but stb, so that only stb's warnings are silenced.
#pragma GCC system_header

// All headers that stb includes must be included here, outside the namespace.
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

/// The largest block that the decoder may ask for, in bytes. With it a hostile file needs no more memory than its
/// number of pixels justifies. The decoder reports "outofmem" beyond it.
inline thread_local size_t largest_block = SIZE_MAX;

/// The memory is zeroed, because a JPEG file may use tables that it never defined.
inline void* allocate(size_t bytes) { return bytes <= largest_block ? calloc(bytes, 1) : nullptr; }
inline void* reallocate(void* block, size_t bytes) { return bytes <= largest_block ? realloc(block, bytes) : nullptr; }

/// stb asserts conditions that a hostile file can break, and that there is memory. A failed assertion must not end the
/// program, and NDEBUG must not remove the checks.
struct BrokenAssertion : std::exception {
    const char* what() const noexcept override { return "damaged, or too little memory"; }
};
[[noreturn]] inline void throw_broken_assertion() { throw BrokenAssertion(); }

}  // namespace depix::stb

// The user's own settings of stb are saved here, and restored below.
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
// These macros of an earlier stb_image would hide functions of the same names.
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

// stb's declarations are `extern "C"` if __cplusplus is defined. Then g++'s symbols would not contain the namespace,
// and our private functions would be taken for the user's functions of the same name. So __cplusplus is undefined here.
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
// -O3 would double the time that every program needs to compile stb, for code that waits for the disk.
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC push_options
#pragma GCC optimize("O1")
#endif
// A damaged JPEG file makes stb shift by more bits than a number has; the result is used only as a colour.
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

/// Frees what stbi_zlib_compress returned, with the allocator that stb_image_write uses, because the user may have
/// chosen one.
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
