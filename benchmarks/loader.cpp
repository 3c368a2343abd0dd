// How many pictures of 256x256 a loader reads from disk and decodes, from a folder of files and from tar shards,
// and whether a training on two threads waits for it.
//
//     cmake --build --preset release --target benchmarks
//     OMP_WAIT_POLICY=PASSIVE build/release/benchmarks/benchmark_loader FOLDER    writes pictures there if it is new
//
// Processor time is what counts where other programs run. A pair is two pictures: a clean one, and the same pixelated.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "depix/data/loader.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/pair_sources.hpp"
#include "depix/data/sources/tar_pairs.hpp"
#include "depix/depix.hpp"
#include "depix/image/pixelate.hpp"

namespace {

using namespace depix;

constexpr int side = 256;
constexpr std::size_t pairs = 500;

/// A page: grey paper with strokes.
Image draw_page(Random& random) {
    Image page({1, side, side}, 0.9f);
    for (int stroke = 0; stroke < 400; ++stroke) {
        const int y = static_cast<int>(random.uniform(0, side - 8)), x = static_cast<int>(random.uniform(0, side - 8));
        const bool upright = random.uniform() < 0.5f;
        for (int i = 0; i < (upright ? 7 : 2); ++i)
            for (int j = 0; j < (upright ? 2 : 7); ++j) page(0, y + i, x + j) = 0.1f;
    }
    return page;
}

/// What compresses like a photograph: waves, edges, and noise of 2/255.
Image draw_photograph(Random& random) {
    Image photograph({3, side, side});
    for (int c = 0; c < 3; ++c) {
        const double a = random.uniform(0.01f, 0.06f), b = random.uniform(0.01f, 0.06f), edge = random.uniform(50, 200);
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                photograph(c, y, x) = static_cast<float>(0.5 + 0.2 * std::sin(a * x + b * y) + (x > edge ? 0.1 : 0) +
                                                         2.0 / 255 * (random.uniform() + random.uniform() - 1));
    }
    return photograph;
}

/// FOLDER/KIND/clean and pixeled, and FOLDER/KIND_0.tar and KIND_1.tar, which hold the same.
template <class Draw>
void write_pictures(const std::filesystem::path& folder, const std::string& kind, const std::string& extension,
                    Draw draw) {
    std::filesystem::create_directories(folder / kind / "clean");
    std::filesystem::create_directories(folder / kind / "pixeled");
    Random random(1);
    for (std::size_t i = 0; i < pairs; ++i) {
        const Image clean = draw(random);
        const std::string name = std::to_string(i) + extension;
        write_image((folder / kind / "clean" / name).string(), clean);
        write_image((folder / kind / "pixeled" / name).string(), pixelate(clean, 4));
    }
    for (const int shard : {0, 1}) {
        const std::string digits = (shard == 0 ? "[0-4]" : "[5-9]") + extension;
        const std::string command = "cd '" + (folder / kind).string() + "' && find clean pixeled -name '*" + digits +
                                    "' | tar -cf ../" + kind + "_" + std::to_string(shard) +
                                    ".tar --transform 's,\\(clean\\|pixeled\\)/\\([^.]*\\),\\2.\\1,' -T -";
        if (std::system(command.c_str()) != 0) throw Error("tar failed");
    }
}

struct Timer {
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
    std::clock_t start_of_process = std::clock();

    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
    /// Of all threads.
    double processor_seconds() const { return static_cast<double>(std::clock() - start_of_process) / CLOCKS_PER_SEC; }
};

void print(const std::string& what, const Timer& timer, double pictures) {
    const double seconds = timer.seconds(), processor = timer.processor_seconds();
    std::printf("| %s | %.2f ms | %.0f |\n", what.c_str(), 1000 * processor / pictures, pictures / seconds);
    std::fflush(stdout);
}

/// The parts of the work on the clean pictures of a folder, one after the other, on this thread.
void measure_stages(const std::string& kind, const PairFolder& folder) {
    std::vector<std::vector<std::byte>> files(folder.size());
    const auto count = static_cast<double>(folder.size());
    const Timer reading;
    double bytes = 0;
    for (std::size_t i = 0; i < folder.size(); ++i) {
        std::ifstream file(folder.clean_path(i), std::ios::binary | std::ios::ate);
        files[i].resize(static_cast<std::size_t>(file.tellg()));
        file.seekg(0).read(reinterpret_cast<char*>(files[i].data()), static_cast<std::streamsize>(files[i].size()));
        bytes += static_cast<double>(files[i].size());
    }
    print(kind + ": reads the clean file, " + detail::number_text(bytes / count / 1000, 2) + " KB", reading, count);
    const Timer unpacking;
    for (const auto& file : files) {
        int width = 0, height = 0, channels = 0;
        unsigned char* const pixels =
            stb::stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                                       static_cast<int>(file.size()), &width, &height, &channels, 0);
        stb::stbi_image_free(pixels);
    }
    print(kind + ": stb's decoding of it", unpacking, count);
    const Timer decoding;
    for (const auto& file : files) decode_image(file, 0, {}, "");
    print(kind + ": all of its decoding, to float", decoding, count);
}

template <class Source>
void measure_loader(const std::string& what, const Source& source) {
    for (const int threads : {1, 2}) {
        const Loader loader{source, {.batch_size = 16, .threads = threads}};
        for (int round = 0; round < 2; ++round) {  // the first one fills the disk's cache
            const Timer timer;
            for (const Batch& batch : loader.epoch(static_cast<std::uint64_t>(round))) (void)batch;
            if (round == 1)
                print(what + ", " + std::to_string(threads) + " threads", timer,
                      2.0 * static_cast<double>(source.size()));
        }
    }
}

/// Training steps of the depixelizer, depix's fastest network, on two threads: with a batch that stays, and fed.
template <class Source>
void measure_training(const std::string& what, const Source& source) {
    Model<Depixelizer> model(1);
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    const Loader loader{source, {.batch_size = 16, .threads = 2}};
    const double pictures = 2.0 * static_cast<double>(source.size());
    for (const bool fed : {false, true}) {
        auto batches = loader.epoch(0);
        const Batch first = *batches.begin();
        const Timer timer;
        if (fed)
            for (const auto& [input, target] : batches) trainer.step(input, target);
        else
            for (std::size_t step = 0; step < loader.steps(); ++step) trainer.step(first.input, first.target);
        print(what + (fed ? ": training, fed by the loader" : ": training on one batch"), timer, pictures);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fprintf(stderr, "benchmark_loader FOLDER\n");
        return 2;
    }
    const std::filesystem::path folder = arguments[1];
    if (!std::filesystem::exists(folder)) {
        write_pictures(folder, "pages", ".png", draw_page);
        write_pictures(folder, "photographs", ".png", draw_photograph);
        write_pictures(folder, "bmp_photographs", ".bmp", draw_photograph);
    }
    std::printf("| what | processor time a picture | pictures a second |\n| --- | --- | --- |\n");
    for (const std::string kind : {"pages", "photographs", "bmp_photographs"}) {
        const PairFolder files(folder / kind);
        const TarPairs shards({folder / (kind + "_0.tar"), folder / (kind + "_1.tar")});
        measure_stages(kind, files);
        measure_loader(kind + ": loader, files", PairFolderSource(files));
        measure_loader(kind + ": loader, shards", shards);
        measure_loader(kind + ": loader, kept in memory", PairFolderSource(files, Keep::InMemory));
        if (kind == "photographs") {
            measure_training(kind + ", files", PairFolderSource(files));
            measure_training(kind + ", shards", shards);
        }
    }
}
