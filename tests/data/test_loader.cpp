// The loader: an order that no thread can change, errors that reach the caller, and threads that end.
#include "depix/data/loader.hpp"

#include "depix/data/sources/pair_sources.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "../io/temporary_folder.hpp"
#include "depix/data/text/text_images.hpp"
#include "roboto.hpp"

using namespace depix;

namespace {

/// Pairs of one pixel: the input is the index, the target the epoch. Each pair waits a little, for a time that depends
/// on the index, so that threads overtake each other.
struct CountingSource {
    std::size_t count = 0;
    std::size_t failing_index = ~std::size_t{0};
    std::atomic<int>* drawn = nullptr;

    std::size_t size() const { return count; }
    Shape input_shape() const { return {1, 1, 1}; }
    Shape target_shape() const { return {1, 1, 1}; }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        if (drawn != nullptr) ++*drawn;
        if (index == failing_index) throw std::runtime_error("pair " + std::to_string(index));
        std::this_thread::sleep_for(std::chrono::microseconds(index * 7919 % 150));
        input(0, 0, 0, 0) = static_cast<float>(index);
        target(0, 0, 0, 0) = static_cast<float>(epoch);
    }
};
static_assert(PairSource<CountingSource>);
static_assert(PairSource<TextPairSource>);
static_assert(PairSource<PairFolderSource>);

/// The indices of an epoch's batches, one vector a batch.
using Order = std::vector<std::vector<int>>;
template <class Source>
Order order(const Loader<Source>& loader, std::uint64_t epoch, std::size_t first_step = 0) {
    Order result;
    for (const auto& [input, target] : loader.epoch(epoch, first_step)) {
        CHECK(input.shape() == target.shape());
        result.emplace_back(input.begin(), input.end());
        for (const float value : target) CHECK(value == static_cast<float>(epoch));
    }
    return result;
}

}  // namespace

TEST_CASE("loader: every pair once, in the source's order or shuffled") {
    const Loader plain{CountingSource{10}, {.batch_size = 4, .shuffle = false}};
    CHECK(plain.steps() == 3);
    CHECK(order(plain, 0) == Order{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});

    const Loader whole{CountingSource{10}, {.batch_size = 4, .shuffle = false, .keep_partial = false}};
    CHECK(whole.steps() == 2);
    CHECK(order(whole, 1) == Order{{0, 1, 2, 3}, {4, 5, 6, 7}});

    const Loader shuffled{CountingSource{100}, {.batch_size = 7, .seed = 3}};
    const Order first = order(shuffled, 0);
    std::set<int> seen;
    for (const auto& batch : first) seen.insert(batch.begin(), batch.end());
    CHECK(seen.size() == 100);
    CHECK(first != order(shuffled, 1));
    CHECK(first == order(shuffled, 0));
    CHECK(first != order(Loader{CountingSource{100}, {.batch_size = 7, .seed = 4}}, 0));
}

TEST_CASE("loader: threads and queue change nothing") {
    const Order expected = order(Loader{CountingSource{203}, {.batch_size = 8, .threads = 1, .ahead = 1}}, 5);
    for (const int threads : {1, 2, 5}) {
        for (const int ahead : {1, 3, 100}) {
            CAPTURE(threads);
            CAPTURE(ahead);
            const Loader loader{CountingSource{203}, {.batch_size = 8, .threads = threads, .ahead = ahead}};
            CHECK(order(loader, 5) == expected);
        }
    }
}

TEST_CASE("loader: an epoch can start at any step") {
    const Loader loader{CountingSource{50}, {.batch_size = 8, .threads = 2}};
    const Order all = order(loader, 2);
    REQUIRE(all.size() == 7);
    for (std::size_t step = 0; step <= 8; ++step) {
        CHECK(order(loader, 2, step) ==
              Order(all.begin() + static_cast<int>(std::min<std::size_t>(step, 7)), all.end()));
    }
    auto epoch = loader.epoch(2, 5);
    CHECK(epoch.steps() == 7);
    CHECK(epoch.step() == 5);
    auto batch = epoch.begin();
    ++batch;  // skipping a batch without looking at it
    CHECK(epoch.step() == 6);
    CHECK(std::vector<int>((*batch).input.begin(), (*batch).input.end()) == all[6]);
    ++batch;
    CHECK(batch == epoch.end());
}

TEST_CASE("loader: a source's exception arrives in its place") {
    // Without shuffling pair 9 is in batch 2. The batches before it come first, on any number of threads.
    for (const int threads : {1, 4}) {
        const Loader loader{CountingSource{100, 9}, {.batch_size = 4, .threads = threads, .shuffle = false}};
        int batches = 0;
        CHECK_THROWS_WITH_AS(for ([[maybe_unused]] const auto& batch
                                  : loader.epoch(0))++ batches,
                             "pair 9", std::runtime_error);
        CHECK(batches == 2);
    }
}

TEST_CASE("loader: leaving early ends the threads, and only what fits the queue was drawn") {
    std::atomic<int> drawn{0};
    const Loader loader{CountingSource{100000, ~std::size_t{0}, &drawn}, {.batch_size = 10, .threads = 3, .ahead = 4}};
    for (const auto& batch : loader.epoch(0)) {
        CHECK(batch.input.size() == 10);
        break;
    }
    CHECK(drawn <= 50);  // the batch in use and four ahead
    { const auto unused = loader.epoch(1); }
    for (int i = 0; i < 50; ++i) {
        for ([[maybe_unused]] const auto& batch : loader.epoch(2)) break;
    }
}

TEST_CASE("loader: batches use the same memory again") {
    const Loader loader{CountingSource{400}, {.batch_size = 4, .threads = 2, .ahead = 3}};
    std::set<const float*> places;
    for (const auto& batch : loader.epoch(0)) places.insert(batch.input.data());
    CHECK(places.size() == 4);
}

TEST_CASE("loader: impossible options are errors") {
    CHECK_THROWS_AS((Loader{CountingSource{0}}), Error);
    CHECK_THROWS_AS((Loader{CountingSource{5}, {.batch_size = 0}}), Error);
    CHECK_THROWS_AS((Loader{CountingSource{5}, {.threads = 0}}), Error);
    CHECK_THROWS_AS((Loader{CountingSource{5}, {.ahead = 0}}), Error);
    CHECK_THROWS_AS((Loader{CountingSource{5}, {.batch_size = 6, .keep_partial = false}}), Error);
}

TEST_CASE("loader: text on the fly equals the folder, on disk and in memory") {
    DEPIX_NEEDS_ROBOTO();
    const TemporaryFolder folder;
    const TextImages images(*roboto());
    WritePairsOptions write;
    write.count = 10;
    write.seed = 11;
    write_pairs(folder.path, images, write);
    const LoaderOptions options{.batch_size = 4, .threads = 2};
    const Loader fly{TextPairSource(images, 10, 11, Redraw::Never), options};
    const Loader disk{PairFolderSource(PairFolder(folder.path)), options};
    const Loader memory{PairFolderSource(PairFolder(folder.path), Keep::InMemory), options};
    auto a = fly.epoch(3);
    auto b = disk.epoch(3);
    auto c = memory.epoch(3);
    auto x = a.begin();
    auto y = b.begin();
    auto z = c.begin();
    for (; x != a.end(); ++x, ++y, ++z) {
        CHECK((*x).input == (*y).input);
        CHECK((*x).target == (*y).target);
        CHECK((*x).input == (*z).input);
        CHECK((*x).target == (*z).target);
        CHECK((*x).input != (*x).target);
    }
    CHECK(y == b.end());
}

TEST_CASE("text pair source: fresh pairs every epoch, or the same") {
    DEPIX_NEEDS_ROBOTO();
    const TextImages images(*roboto());
    const TextPairSource fresh(images, 5, 1), fixed(images, 5, 1, Redraw::Never);
    const auto target = [](const TextPairSource& source, std::uint64_t epoch) {
        Image pixelated({3, 64, 256}), clean({3, 64, 256});
        source.pair(epoch, 2, pixelated.view(), clean.view());
        return clean;
    };
    CHECK(target(fresh, 0) != target(fresh, 1));
    CHECK(target(fixed, 0) == target(fixed, 1));
    CHECK(target(fresh, 0) == target(fixed, 1));
}

TEST_CASE("loader: ranks share every batch, and no pair is made twice") {
    const Order whole = order(Loader{CountingSource{31}, {.batch_size = 14, .seed = 3}}, 2);
    for (const int ranks : {1, 2, 3, 4}) {
        Order joined(whole.size());
        for (int rank = 0; rank < ranks; ++rank) {
            const Loader loader{CountingSource{31},
                                {.batch_size = 14, .threads = 2, .seed = 3, .share = {rank, ranks, 3}}};
            CHECK(loader.steps() == 3);
            const Order own = order(loader, 2);
            for (std::size_t step = 0; step < own.size(); ++step)
                joined[step].insert(joined[step].end(), own[step].begin(), own[step].end());
        }
        CHECK(joined == whole);
    }
    CHECK_THROWS_WITH_AS((Loader{CountingSource{31}, {.batch_size = 8, .share = {0, 4, 3}}}),
                         doctest::Contains("a batch of 8 pictures in parts of 3 has 3 parts, too few for 4 ranks"),
                         Error);
    CHECK_THROWS_AS((Loader{CountingSource{31}, {.share = {2, 2, 1}}}), Error);
}
