// Loader: makes batches ahead of training in its own threads, in an order that does not depend on the threads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "depix/data/array.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/error.hpp"
#include "depix/random.hpp"
#include "depix/train/batch_share.hpp"

namespace depix {

struct LoaderOptions {
    int batch_size = 32;
    int threads = 1;           ///< Threads that make batches, besides the consumer's.
    int ahead = 4;             ///< Batches that may be ready or in preparation while the consumer uses one.
    std::uint64_t seed = 0;    ///< Seed of the order.
    bool shuffle = true;       ///< Whether every epoch has another order; otherwise it is the source's.
    bool keep_partial = true;  ///< Whether a last batch of fewer than batch_size pairs is kept.
    /// Which pairs of every batch are made; the default is all. Where several processes train together, each makes its
    /// own (mpi/distributed.hpp), which may be none of a small last batch.
    BatchShare share = {};
};

/// One pass over a source: an input range of batches. Make it with Loader::epoch().
///
/// Its threads start with it and end with it; the loop may be left early. A batch is valid until the next one is
/// requested; then its memory is reused. Only one thread may consume the epoch.
template <PairSource Source>
class LoaderEpoch {
  public:
    LoaderEpoch(const Source& source, const LoaderOptions& options, std::uint64_t epoch, std::size_t steps,
                std::size_t first_step)
        : source_(source),
          options_(options),
          epoch_(epoch),
          steps_(steps),
          next_((std::min)(first_step, steps)),
          current_(next_),
          order_(source.size()),
          slots_(static_cast<std::size_t>(options.ahead) + 1) {
        std::iota(order_.begin(), order_.end(), std::size_t{0});
        if (options.shuffle) {
            Random random(options.seed, epoch, ~std::uint64_t{0});  // an index that no pair has
            depix::shuffle(order_, random);
        }
        try {
            for (int i = 0; i < options.threads; ++i) threads_.emplace_back([this] { work(); });
        } catch (...) {
            stop();
            throw;
        }
    }
    LoaderEpoch(const LoaderEpoch&) = delete;
    LoaderEpoch& operator=(const LoaderEpoch&) = delete;
    ~LoaderEpoch() { stop(); }

    /// Steps of the whole epoch, and the number of the batch that the iterator is at.
    std::size_t steps() const { return steps_; }
    std::size_t step() const { return current_; }

    class Iterator {
      public:
        using iterator_concept = std::input_iterator_tag;
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;

        explicit Iterator(LoaderEpoch& epoch) : epoch_(&epoch) {}
        const Batch& operator*() const { return epoch_->batch(); }
        Iterator& operator++() {
            epoch_->advance();
            return *this;
        }
        void operator++(int) { ++*this; }
        bool operator==(std::default_sentinel_t) const { return epoch_->current_ == epoch_->steps_; }

      private:
        LoaderEpoch* epoch_;
    };

    /// The current position of the range; a second begin() continues there and does not start again. Reading a batch
    /// waits until it is made. If the source threw an exception while making it, reading throws that, after all batches
    /// before it were delivered.
    Iterator begin() { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

  private:
    /// The batch of step s is stored in slot s % slots; a slot is free after the consumer has left its step.
    struct Slot {
        Batch batch;
        std::exception_ptr error;
        bool ready = false;
    };

    Slot& slot(std::size_t step) { return slots_[step % slots_.size()]; }

    const Batch& batch() {
        Slot& wanted = slot(current_);
        std::unique_lock lock(mutex_);
        made_.wait(lock, [&] { return wanted.ready; });
        if (wanted.error) std::rethrow_exception(wanted.error);
        return wanted.batch;
    }

    void advance() {
        batch();  // a batch that was not read may still be in preparation
        {
            const std::lock_guard lock(mutex_);
            slot(current_).ready = false;
            ++current_;
        }
        left_.notify_all();
    }

    void work() {
        for (;;) {
            std::size_t step = 0;
            {
                std::unique_lock lock(mutex_);
                left_.wait(lock, [&] { return stopping_ || next_ == steps_ || next_ < current_ + slots_.size(); });
                if (stopping_ || next_ == steps_) return;
                step = next_++;
            }
            Slot& mine = slot(step);
            std::exception_ptr error;
            try {
                make(step, mine.batch);
            } catch (...) {
                error = std::current_exception();
            }
            {
                const std::lock_guard lock(mutex_);
                mine.error = std::move(error);
                mine.ready = true;
            }
            made_.notify_one();
        }
    }

    void make(std::size_t step, Batch& batch) const {
        const auto batch_size = static_cast<std::size_t>(options_.batch_size);
        const std::size_t begin = step * batch_size;
        const BatchShare::Range own =
            options_.share.images(static_cast<int>((std::min)(batch_size, order_.size() - begin)));
        const std::size_t first = begin + static_cast<std::size_t>(own.first);
        const auto count = static_cast<std::size_t>(own.size());
        const View<float> input = shaped(batch.input, count, source_.input_shape());
        const View<float> target = shaped(batch.target, count, source_.target_shape());
        for (std::size_t i = 0; i < count && !stopping_; ++i) {
            const int place = static_cast<int>(i);
            source_.pair(epoch_, order_[first + i], input.images(place, 1), target.images(place, 1));
        }
    }

    /// Allocates only when the shape differs, that is, for a slot's first batch and for a partial one.
    static View<float> shaped(xt::xtensor<float, 4>& array, std::size_t count, const Shape& shape) {
        const std::array<std::size_t, 4> extent{count, static_cast<std::size_t>(shape.channels),
                                                static_cast<std::size_t>(shape.height),
                                                static_cast<std::size_t>(shape.width)};
        if (array.shape() != extent) array.resize(extent);
        return writable_view(array);
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        left_.notify_all();
        for (std::thread& thread : threads_) thread.join();
    }

    const Source& source_;
    const LoaderOptions options_;
    const std::uint64_t epoch_;
    const std::size_t steps_;

    std::mutex mutex_;  // guards what follows, except a slot's batch, which belongs to its maker or to the consumer
    std::condition_variable made_, left_;
    std::size_t next_;     // the next step to make
    std::size_t current_;  // the consumer's step; written by the consumer alone
    std::atomic<bool> stopping_{false};
    std::vector<std::size_t> order_;  // the pairs' indices, in this epoch's order
    std::vector<Slot> slots_;
    std::vector<std::thread> threads_;
};

/// Reads or draws batches ahead of training.
///
///     Loader loader{TextPairSource{images, 18000, 7}, {.batch_size = 32, .threads = 2}};
///     for (int epoch = 0; epoch < 35; ++epoch) {
///         for (const auto& [noisy, target] : loader.epoch(epoch)) loss = trainer.step(noisy, target);
///     }
///
/// The batches of an epoch depend on the source, the seed, the epoch and the batch size, never on the threads. So a
/// resumed run starts at step 100 with loader.epoch(3, 100) and gets the same batches as an uninterrupted one.
template <PairSource Source>
class Loader {
  public:
    /// Throws Error for an empty source, for batch_size, threads or ahead below 1, and for a share that cannot be.
    explicit Loader(Source source, LoaderOptions options = {}) : source_(std::move(source)), options_(options) {
        if (source_.size() == 0) throw Error("Loader: the source holds no pair");
        if (options.batch_size < 1) throw Error("Loader: batch_size is " + std::to_string(options.batch_size));
        if (options.threads < 1) throw Error("Loader: threads is " + std::to_string(options.threads));
        if (options.ahead < 1) throw Error("Loader: ahead is " + std::to_string(options.ahead));
        const BatchShare& share = options.share;
        if (share.ranks < 1 || share.rank < 0 || share.rank >= share.ranks || share.images_per_part < 0)
            throw Error("Loader: rank " + std::to_string(share.rank) + " of " + std::to_string(share.ranks) +
                        " with parts of " + std::to_string(share.images_per_part) + " pictures cannot be");
        if (share.parts(options.batch_size) < share.ranks)
            throw Error("Loader: a batch of " + std::to_string(options.batch_size) + " pictures in parts of " +
                        std::to_string(share.images_per_part) + " has " +
                        std::to_string(share.parts(options.batch_size)) + " parts, too few for " +
                        std::to_string(share.ranks) + " ranks");
        if (steps() == 0) {
            throw Error("Loader: " + std::to_string(source_.size()) + " pairs are fewer than the batch size of " +
                        std::to_string(options.batch_size) + ", and partial batches are dropped");
        }
    }

    const Source& source() const { return source_; }
    const LoaderOptions& options() const { return options_; }

    /// Number of batches of one epoch.
    std::size_t steps() const {
        const auto batch_size = static_cast<std::size_t>(options_.batch_size);
        return options_.keep_partial ? (source_.size() + batch_size - 1) / batch_size : source_.size() / batch_size;
    }

    /// The batches of an epoch, from `first_step` on (none if that is steps() or more). The loader must outlive the
    /// returned range.
    LoaderEpoch<Source> epoch(std::uint64_t number, std::size_t first_step = 0) const& {
        return LoaderEpoch<Source>(source_, options_, number, steps(), first_step);
    }
    LoaderEpoch<Source> epoch(std::uint64_t number, std::size_t first_step = 0) const&& = delete;

  private:
    Source source_;
    LoaderOptions options_;
};

}  // namespace depix
