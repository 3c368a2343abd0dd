// stb_truetype (Sean Barrett, public domain), compiled privately into namespace depix::stb.
//
// Usage, from inside namespace depix:   stb::stbtt_fontinfo font;   stb::stbtt_InitFont(&font, data, offset);
//
// The functions are static and in a namespace of their own, so that they conflict neither with those of another
// translation unit nor with those of a program that uses stb itself, whether it includes stb_truetype.h before or after
// this header. stb_truetype checks no bounds inside the font file, so use it only with fonts that you trust.
#pragma once

// This file contains nothing but stb, so that only stb's warnings are silenced.
#pragma GCC system_header

// All headers that stb_truetype.h includes must be included here, outside the namespace.
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The user's own settings of stb are saved here, and restored below.
#pragma push_macro("STB_TRUETYPE_IMPLEMENTATION")
#pragma push_macro("STBTT_STATIC")
#pragma push_macro("STBTT_DEF")
#pragma push_macro("__STB_INCLUDE_STB_TRUETYPE_H__")
#pragma push_macro("STB_RECT_PACK_VERSION")
#pragma push_macro("STBTT_assert")
#undef STB_TRUETYPE_IMPLEMENTATION
#undef STBTT_STATIC
#undef STBTT_DEF
#undef __STB_INCLUDE_STB_TRUETYPE_H__
#undef STB_RECT_PACK_VERSION
#undef STBTT_assert
#define STBTT_STATIC
#define STBTT_assert(condition) assert(condition)  // or stb would include <assert.h>, which has no include guard

#if __has_include(<stb/stb_truetype.h>)
#define DEPIX_STB_TRUETYPE <stb/stb_truetype.h>
#elif __has_include(<stb_truetype.h>)
#define DEPIX_STB_TRUETYPE <stb_truetype.h>
#else
#error "depix draws text with stb_truetype.h, which was not found (Debian: libstb-dev)"
#endif

// stb's declarations are `extern "C"` if __cplusplus is defined. Then g++'s symbols would not contain the namespace,
// and our private functions would be taken for the user's functions of the same name. So __cplusplus is undefined here.
#pragma push_macro("__cplusplus")
#undef __cplusplus
namespace depix::stb {
// They are declared first, because otherwise a user's global types of these names would be taken for ours.
struct stbtt_pack_context;
struct stbtt_fontinfo;
struct stbrp_rect;

#include DEPIX_STB_TRUETYPE
}  // namespace depix::stb
#pragma pop_macro("__cplusplus")

#define STB_TRUETYPE_IMPLEMENTATION
namespace depix::stb {
#include DEPIX_STB_TRUETYPE
}  // namespace depix::stb

#undef DEPIX_STB_TRUETYPE
#undef STBTT_DEF
#pragma pop_macro("STBTT_assert")
#pragma pop_macro("STB_RECT_PACK_VERSION")
#pragma pop_macro("__STB_INCLUDE_STB_TRUETYPE_H__")
#pragma pop_macro("STBTT_DEF")
#pragma pop_macro("STBTT_STATIC")
#pragma pop_macro("STB_TRUETYPE_IMPLEMENTATION")
