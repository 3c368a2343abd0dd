// BatchShare: which pictures of a batch belong to one of several processes that train together.
#pragma once

namespace depix {

/// A batch is cut into parts of so many pictures (the last one may have fewer), and each rank gets consecutive parts.
/// The parts do not depend on the number of ranks, so what is computed per part is the same for any number of them.
///
///     parts(N) = ceil(N / images_per_part)
///     rank r has the parts from floor(parts r / ranks) to floor(parts (r + 1) / ranks) - 1
struct BatchShare {
    int rank = 0;
    int ranks = 1;
    int images_per_part = 0;  ///< 0: the whole batch is one part.

    /// Items [first, last) of a batch.
    struct Range {
        int first = 0;
        int last = 0;
        constexpr int size() const { return last - first; }
    };

    constexpr int parts(int batch) const {
        return images_per_part > 0 ? (batch + images_per_part - 1) / images_per_part : batch > 0;
    }
    /// The first part of rank r; that of rank `ranks` is the number of parts.
    constexpr int first_part(int batch, int r) const {
        return static_cast<int>(static_cast<long long>(parts(batch)) * r / ranks);
    }
    /// The pictures of a part.
    constexpr Range images_of_part(int batch, int part) const {
        if (images_per_part == 0) return {0, batch};
        const int last = (part + 1) * images_per_part;
        return {part * images_per_part, last < batch ? last : batch};
    }
    /// The pictures of rank r; a batch of few parts leaves some ranks without any.
    constexpr Range images_of(int batch, int r) const {
        const int begin = first_part(batch, r), end = first_part(batch, r + 1);
        if (begin == end) return {};
        return {images_of_part(batch, begin).first, images_of_part(batch, end - 1).last};
    }
    /// This rank's pictures.
    constexpr Range images(int batch) const { return images_of(batch, rank); }

    friend constexpr bool operator==(const BatchShare&, const BatchShare&) = default;
};

static_assert(BatchShare{}.images(7).size() == 7);
static_assert(BatchShare{1, 3, 4}.parts(18) == 5);
static_assert(BatchShare{1, 3, 4}.images(18).first == 4 && BatchShare{1, 3, 4}.images(18).last == 12);
static_assert(BatchShare{2, 3, 4}.images(18).last == 18 && BatchShare{0, 3, 4}.images(4).size() == 0);

}  // namespace depix
