// The generators that this example compiles. A network is a type, so each one is named here once.
#pragma once

#include <string>

#include "depix/data/sources/super_resolution.hpp"
#include "depix/error.hpp"
#include "depix/models/rrdb.hpp"
#include "depix/models/rrdbnet.hpp"
#include "depix/models/srresnet.hpp"

namespace example {

// As published, for RGB pictures.
using PublishedSRResNet = depix::SRResNet<64, 16>;
using PublishedRRDB = depix::RRDB<64, 23>;            // DeepDepixelate's
using PublishedRRDBNet = depix::RRDBNet<64, 32, 23>;  // ESRGAN's

// For a laptop.
template <int Channels>
using SmallSRResNet = depix::SRResNet<32, 4, Channels>;
template <int Channels>
using SmallRRDB = depix::RRDB<16, 2, Channels>;
template <int Channels>
using SmallRRDBNet = depix::RRDBNet<16, 8, 2, Channels>;

enum class Architecture { SRResNet, RRDB, RRDBNet };
/// foreign: SRResNet as another author wrote it, for weights that depix did not train.
enum class Width { Published, Small, Foreign };

/// Which generator the command line asks for.
struct Choice {
    Architecture network = Architecture::SRResNet;
    Width width = Width::Published;
    int channels = 3;  // of pictures: 3, or 1 for grey ones
};

/// "srresnet_small", as files and folders are named; grey ones end with "_grey".
inline std::string to_string(const Choice& choice) {
    const std::string network = choice.network == Architecture::SRResNet ? "srresnet"
                                : choice.network == Architecture::RRDB   ? "rrdb"
                                                                         : "rrdbnet";
    const std::string width = choice.width == Width::Published ? "_published"
                              : choice.width == Width::Small   ? "_small"
                                                               : "_foreign";
    return network + width + (choice.channels == 1 ? "_grey" : "");
}

/// The values of black and white in a generator's output: 0..1 in ESRGAN's files, -1..1 in the others. So published
/// weights fit without a conversion.
template <class Generator>
inline constexpr depix::ValueRange output_range = depix::high_resolution_range;
template <int Filters, int Growth, int Blocks, int Channels>
inline constexpr depix::ValueRange output_range<depix::RRDBNet<Filters, Growth, Blocks, Channels>> =
    depix::low_resolution_range;

/// Returns call.template operator()<Generator>() with the type of a choice that depix trains. Throws depix::Error if
/// this example does not compile it.
template <class Call>
auto with_generator(const Choice& choice, const Call& call) {
    if (choice.channels != 1 && choice.channels != 3)
        throw depix::Error("--channels " + std::to_string(choice.channels) +
                           ": pictures have 3 channels, or 1 if grey");
    if (choice.width == Width::Foreign)
        throw depix::Error(
            "--width foreign is another author's --network srresnet with 3 channels, and is not trained");
    if (choice.channels == 1) {
        if (choice.width != Width::Small)
            throw depix::Error(
                "--channels 1: for grey pictures this example compiles --width small only; generators.hpp names the "
                "types");
        if (choice.network == Architecture::RRDB) return call.template operator()<SmallRRDB<1>>();
        if (choice.network == Architecture::RRDBNet) return call.template operator()<SmallRRDBNet<1>>();
        return call.template operator()<SmallSRResNet<1>>();
    }
    const bool small = choice.width == Width::Small;
    if (choice.network == Architecture::RRDB)
        return small ? call.template operator()<SmallRRDB<3>>() : call.template operator()<PublishedRRDB>();
    if (choice.network == Architecture::RRDBNet)
        return small ? call.template operator()<SmallRRDBNet<3>>() : call.template operator()<PublishedRRDBNet>();
    return small ? call.template operator()<SmallSRResNet<3>>() : call.template operator()<PublishedSRResNet>();
}

}  // namespace example
