// Pair sources: where a loader gets its pairs from, drawn on the fly or read from a folder.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "depix/data/parallel.hpp"
#include "depix/data/sources/pair_folder.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/data/text/text_images.hpp"
#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/random.hpp"
#include "depix/view.hpp"

namespace depix {

/// Text images drawn on the fly. They need no disk, and there are as many different pairs as training needs.
///
/// Input: the pixelated picture; target: the clean one. Pair `index` of epoch `epoch` is drawn from Random(seed, epoch,
/// index); epoch 0 equals the files of write_pairs() with the same seed. Training and test sets need different seeds.
class TextPairSource {
  public:
    TextPairSource(TextImages images, std::size_t size, std::uint64_t seed, Redraw redraw = Redraw::EveryEpoch)
        : images_(std::move(images)), size_(size), seed_(seed), redraw_(redraw) {}

    std::size_t size() const { return size_; }
    Shape input_shape() const { return images_.options().shape; }
    Shape target_shape() const { return images_.options().shape; }

    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(seed_, redraw_ == Redraw::EveryEpoch ? epoch : 0, index);
        images_.draw(random, input, target);
    }

  private:
    TextImages images_;
    std::size_t size_;
    std::uint64_t seed_;
    Redraw redraw_;
};

/// The pairs of a folder, all of one shape. Input: the damaged picture; target: the clean one. Copies share the memory.
class PairFolderSource {
  public:
    /// Reads the first pair, whose shape all others must have; with Keep::InMemory reads all pairs, on `threads`
    /// threads. Throws FileError, which names the pair, if one cannot be read or has another shape; Error for no pair.
    explicit PairFolderSource(PairFolder folder, Keep keep = Keep::OnDisk, int threads = hardware_threads())
        : folder_(std::move(folder)) {
        if (folder_.size() == 0) throw Error("PairFolderSource: no pair");
        shape_ = folder_.read(0).clean.shape;
        if (keep == Keep::OnDisk) return;
        const std::size_t size = shape_.size();
        auto bytes = std::make_shared<std::vector<std::uint8_t>>(2 * size * folder_.size());
        for_each_index(folder_.size(), threads, [&](std::size_t index) {
            const ImagePair pair = read(index);
            std::uint8_t* const place = bytes->data() + 2 * size * index;
            std::transform(pair.damaged.pixels.begin(), pair.damaged.pixels.end(), place, to_byte);
            std::transform(pair.clean.pixels.begin(), pair.clean.pixels.end(), place + size, to_byte);
        });
        bytes_ = std::move(bytes);
    }

    std::size_t size() const { return folder_.size(); }
    Shape input_shape() const { return shape_; }
    Shape target_shape() const { return shape_; }
    const PairFolder& folder() const { return folder_; }

    /// Throws FileError, which names the pair, if it cannot be read or has another shape than the first.
    void pair(std::uint64_t /*epoch*/, std::size_t index, View<float> input, View<float> target) const {
        if (bytes_ != nullptr) {
            const std::uint8_t* const place = bytes_->data() + 2 * shape_.size() * index;
            detail::fill_view(input, place, from_byte);
            detail::fill_view(target, place + shape_.size(), from_byte);
        } else {
            const ImagePair pair = read(index);
            const auto same = [](float value) { return value; };
            detail::fill_view(input, pair.damaged.pixels.data(), same);
            detail::fill_view(target, pair.clean.pixels.data(), same);
        }
    }

  private:
    ImagePair read(std::size_t index) const {
        ImagePair pair = folder_.read(index);
        if (pair.clean.shape != shape_) {
            throw FileError(folder_.clean_path(index),
                            "is " + to_string(pair.clean.shape) + ", but the first picture, " + folder_.clean_path(0) +
                                ", is " + to_string(shape_) + "; the pictures of a batch have one shape");
        }
        return pair;
    }

    PairFolder folder_;
    Shape shape_;
    std::shared_ptr<const std::vector<std::uint8_t>> bytes_;  // (pair, damaged and clean, pixels); null if on disk
};

}  // namespace depix
