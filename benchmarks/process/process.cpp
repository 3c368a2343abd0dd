// A process that restores one picture: one program for each network, whose name CMake defines as
// DEPIX_PROCESS_NETWORK. benchmarks/process/run measures it from start to exit.
//
//     process_NETWORK --make WEIGHTS.safetensors PICTURE.f32       (makes random ones to measure with)
//     process_NETWORK WEIGHTS.safetensors PICTURE.f32 RESTORED.f32 THREADS [--verbose]
//
// Pictures are raw floats, channels x height x width, of the size that the network is measured with. --verbose prints
// how much memory the process holds after each stage, and the most that it held during the stage. Without it, the
// program prints only errors.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/models/de_gan.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/models/documents_autoencoder.hpp"
#include "depix/models/pixel_shuffle_unet.hpp"
#include "depix/models/srresnet.hpp"

namespace {

using namespace depix;

template <FixedString Name>
struct Process;

template <class NetworkType, Shape Input>
struct ProcessOf {
    using Network = NetworkType;
    static constexpr Shape input = Input;
};
// clang-format off
template <> struct Process<"depixelizer"> : ProcessOf<Depixelizer, Shape{3, 64, 256}> {};
template <> struct Process<"documents_autoencoder"> : ProcessOf<DocumentsAutoencoder, Shape{1, 420, 540}> {};
template <> struct Process<"pixel_shuffle_unet"> : ProcessOf<PixelShuffleUNet<>, Shape{3, 512, 512}> {};
template <> struct Process<"de_gan_generator"> : ProcessOf<DeGanGenerator<>, Shape{1, 256, 256}> {};
template <> struct Process<"srresnet"> : ProcessOf<SRResNet<>, Shape{3, 24, 24}> {};
// clang-format on

using Network = Process<DEPIX_PROCESS_NETWORK>::Network;
constexpr Shape input_shape = Process<DEPIX_PROCESS_NETWORK>::input;

/// Throws FileError if the file cannot be opened.
auto open_file(const std::string& path, const char* mode) {
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), mode));
    if (!file) throw FileError(path, "cannot open");
    return file;
}

Image read_image(const std::string& path) {
    Image image(input_shape);
    const auto file = open_file(path, "rb");
    const std::size_t count = std::fread(image.pixels.data(), sizeof(float), image.pixels.size(), file.get());
    if (count != image.pixels.size() || std::fgetc(file.get()) != EOF)
        throw FileError(path, std::string("is no picture of ").append(to_string(input_shape)));
    return image;
}

/// Unlike write_file (io/atomic_file.hpp), this does not wait for the disk, because the disk is not what is measured.
void write_image(const std::string& path, std::span<const float> pixels) {
    const auto file = open_file(path, "wb");
    if (std::fwrite(pixels.data(), sizeof(float), pixels.size(), file.get()) != pixels.size())
        throw FileError(path, "cannot write");
}

void make(const std::string& weights, const std::string& image) {
    save(Model<Network>{1, Initialisation::HeNormal}, weights);
    Image noise(input_shape);
    Random random(2);
    for (float& value : noise.pixels) value = static_cast<float>(random.uniform());
    write_image(image, noise.pixels);
}

/// This process's resident memory, as Linux reports it.
class MemoryReport {
  public:
    explicit MemoryReport(bool wanted) : wanted_(wanted) {
        if (wanted_) std::printf("%-32s %12s %12s\n", "MiB of resident memory", "at the end", "at most");
        print("start");
    }
    /// Does nothing if no report is wanted. "At most" is the maximum since the stage before.
    void print(const char* stage) const {
        if (!wanted_) return;
        double now = 0, most = 0;  // KiB
        const auto status = open_file("/proc/self/status", "r");
        for (char line[256]; std::fgets(line, sizeof line, status.get());) {
            std::sscanf(line, "VmRSS: %lf", &now);
            std::sscanf(line, "VmHWM: %lf", &most);
        }
        std::printf("%-32s %12.1f %12.1f\n", stage, now / 1024, most / 1024);
        std::fputs("5", open_file("/proc/self/clear_refs", "w").get());  // resets the maximum
    }

  private:
    bool wanted_;
};

/// The model is destroyed when this returns, because the network has packed its weights.
Inference<Network> load_network(const std::string& path, int threads, const MemoryReport& memory) {
    Model<Network> model;
    memory.print("model made");
    load(model, path);
    memory.print("weights loaded");
    return Inference<Network>{model, threads};
}

void restore(const std::string& weights, const std::string& from, const std::string& to, int threads, bool verbose) {
    const MemoryReport memory(verbose);
    const Inference<Network> network = load_network(weights, threads, memory);
    memory.print("network made, model gone");
    const Image image = read_image(from);
    memory.print("picture read");
    const Image restored = network(image);
    memory.print("picture restored");
    write_image(to, restored.pixels);
    memory.print("picture written");
}

}  // namespace

int main(int count, char** arguments) {
    const auto is = [&](int index, std::string_view flag) { return index < count && arguments[index] == flag; };
    try {
        if (count == 4 && is(1, "--make")) {
            make(arguments[2], arguments[3]);
        } else if (count == 5 || (count == 6 && is(5, "--verbose"))) {
            restore(arguments[1], arguments[2], arguments[3], std::max(1, std::atoi(arguments[4])), count == 6);
        } else {
            std::fprintf(stderr,
                         "usage: %s --make WEIGHTS PICTURE\n       %s WEIGHTS PICTURE RESTORED THREADS [--verbose]\n",
                         arguments[0], arguments[0]);
            return 2;
        }
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
