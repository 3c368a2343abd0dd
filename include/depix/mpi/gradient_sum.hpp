// GradientSum: the sum of all parts' gradients over all ranks, which begins while the backward pass still runs.
//
// The values are cut into buckets, in the order in which the backward pass completes them. A bucket is exchanged in two
// collectives that do not block. First every rank sends each other rank that rank's shard of its partial sums (an
// all-to-all); each adds what it received, in the order of summation_tree.hpp. Then all get the sums of all shards (an
// all-gather). With one partial sum a rank this moves as much as a ring all-reduce: 2 (P - 1) / P of the bucket per
// rank. The two run on communicators of their own, because collectives of one communicator must begin in one order
// everywhere.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "depix/half.hpp"
#include "depix/mpi/communicator.hpp"
#include "depix/mpi/gradient_buckets.hpp"
#include "depix/mpi/summation_tree.hpp"

namespace depix {

/// How the ranks add their gradients.
enum class Reduction {
    SameBits,  ///< In an order that depends on the parts alone. The result has the same bits for any number of ranks.
    Fast,      ///< A rank adds its parts one after the other and sends one sum. The bits depend on the number of ranks.
    FastBFloat16  ///< Fast, and sums travel as bfloat16, in half of the bytes; they are added in the gradients' own
                  ///< type.
};

namespace detail {

/// The sum over the parts of a step. The calls of a step, in order: begin; open for every part of this rank, then, for
/// all but the last, close; for the last, after each step of its backward pass, complete; send_rest; finish.
template <class T>
class GradientSum {
  public:
    GradientSum(const Communicator& ranks, Reduction reduction, std::vector<GradientBucket> buckets, std::size_t values)
        : exchanging_(ranks.handle(), ranks.timeout_seconds()),
          spreading_(ranks.handle(), ranks.timeout_seconds()),
          reduction_(reduction),
          buckets_(std::move(buckets)),
          exchanges_(buckets_.size()),
          stack_(reduction != Reduction::SameBits),
          reduced_(values),
          compressed_(reduction == Reduction::FastBFloat16 ? values : 0) {}
    GradientSum(const GradientSum&) = delete;
    GradientSum& operator=(const GradientSum&) = delete;

    /// Begins a step in which rank r has the parts [first_part[r], first_part[r + 1]). The result is `scale` times the
    /// sum.
    void begin(const std::vector<int>& first_part, T scale) {
        scale_ = scale;
        sent_ = combined_ = 0;
        joins_ = 0;
        stack_.clear();
        if (first_part == first_part_) return;
        first_part_ = first_part;
        nodes_.clear();
        for (std::size_t r = 0; r + 1 < first_part.size(); ++r)
            nodes_.push_back(find_sum_nodes(first_part[r], first_part[r + 1], reduction_ != Reduction::SameBits));
        for (std::size_t b = 0; b < buckets_.size(); ++b) lay_out(buckets_[b], exchanges_[b]);
        reserve_sums(nodes_[static_cast<std::size_t>(exchanging_.rank())].size());
    }
    /// Begins a part, whose values count `weight` times. Returns zeros, to which the caller adds the part's gradients.
    /// The statistics are read when they are summed, and may be computed until then.
    std::span<T> open(int part, T weight, std::span<const T> statistics) {
        joins_ = stack_.push({part, 1});
        const auto top = static_cast<std::size_t>(stack_.size() - 1 + joins_);
        reserve_sums(top + 1);
        weight_ = weight;
        statistics_ = statistics;
        const std::span<T> gradients = std::span(sums_[top]).first(reduced_.size() - statistics.size());
        std::ranges::fill(gradients, T(0));
        return gradients;
    }
    /// Ends a part that is not this rank's last.
    void close() { join_range(0, reduced_.size()); }
    /// Sends the buckets that are complete after a step of the last part's backward pass, and lets MPI proceed.
    void complete(int step) {
        for (; sent_ < buckets_.size() && buckets_[sent_].step >= step; ++sent_) {
            join_range(buckets_[sent_].first, buckets_[sent_].last);
            send(buckets_[sent_], exchanges_[sent_]);
        }
        proceed();
    }
    /// Sends all remaining buckets. `opened` says whether this rank has a last part whose values are to be summed.
    void send_rest(bool opened) {
        for (; sent_ < buckets_.size(); ++sent_) {
            if (opened) join_range(buckets_[sent_].first, buckets_[sent_].last);
            send(buckets_[sent_], exchanges_[sent_]);
        }
    }
    /// Waits for all buckets. Returns the sums: gradients, then statistics.
    std::span<const T> finish() {
        exchanging_.wait_until([&] { return proceed(); }, "add the gradients");
        if (reduction_ == Reduction::FastBFloat16)
            for (std::size_t i = 0; i < reduced_.size(); ++i)
                reduced_[i] = static_cast<T>(BFloat16::decode(compressed_[i]));
        return reduced_;
    }

  private:
    struct Exchange {
        std::vector<int> send_counts, send_places, receive_counts, receive_places, shard_counts, shard_places;
        std::vector<T> send, received;
        std::vector<std::uint16_t> send_compressed, received_compressed;
        MPI_Request sending = MPI_REQUEST_NULL, spreading = MPI_REQUEST_NULL;
    };

    /// Rank q adds the values [first + length q / P, first + length (q + 1) / P) of a bucket.
    std::size_t shard(const GradientBucket& bucket, int q) const {
        return (bucket.last - bucket.first) * static_cast<std::size_t>(q) /
               static_cast<std::size_t>(exchanging_.size());
    }
    void lay_out(const GradientBucket& bucket, Exchange& exchange) {
        for (auto* list : {&exchange.send_counts, &exchange.send_places, &exchange.receive_counts,
                           &exchange.receive_places, &exchange.shard_counts, &exchange.shard_places})
            list->clear();
        const int own = exchanging_.rank();
        const auto own_length = static_cast<int>(shard(bucket, own + 1) - shard(bucket, own));
        const auto own_nodes = static_cast<int>(nodes_[static_cast<std::size_t>(own)].size());
        int sent = 0, received = 0;
        for (int q = 0; q < exchanging_.size(); ++q) {
            const auto length = static_cast<int>(shard(bucket, q + 1) - shard(bucket, q));
            exchange.shard_counts.push_back(length);
            exchange.shard_places.push_back(static_cast<int>(shard(bucket, q)));
            // A rank's own sums stay where they are.
            exchange.send_counts.push_back(q == own ? 0 : own_nodes * length);
            exchange.send_places.push_back(own_nodes == 1 ? exchange.shard_places.back() : sent);
            sent += exchange.send_counts.back();
            const int count = q == own ? 0 : static_cast<int>(nodes_[static_cast<std::size_t>(q)].size()) * own_length;
            exchange.receive_counts.push_back(count);
            exchange.receive_places.push_back(std::exchange(received, received + count));
        }
        exchange.send.resize(own_nodes == 1 ? 0 : static_cast<std::size_t>(sent));
        exchange.received.resize(static_cast<std::size_t>(received));
        if (reduction_ != Reduction::FastBFloat16) return;
        exchange.send_compressed.resize(bucket.last - bucket.first);
        exchange.received_compressed.resize(exchange.received.size());
    }

    void reserve_sums(std::size_t count) {
        while (sums_.size() < count) sums_.emplace_back(reduced_.size());
    }
    static void add_to(T* sum, const T* values, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) sum[i] += values[i];
    }
    // Scales the open part's values, and adds what they complete. A sum of two is a loop of its own, so that the
    // compiler cannot make one rounding of it and the scaling here and not elsewhere.
    void join_range(std::size_t first, std::size_t last) {
        auto top = static_cast<std::size_t>(stack_.size() - 1 + joins_);
        T* const own = sums_[top].data();
        const std::size_t gradients = reduced_.size() - statistics_.size();
        for (std::size_t i = (std::max)(first, gradients); i < last; ++i) own[i] = statistics_[i - gradients];
        if (weight_ != T(1))
            for (std::size_t i = first; i < last; ++i) own[i] *= weight_;
        for (int left = joins_; left > 0; --left, --top)
            add_to(sums_[top - 1].data() + first, sums_[top].data() + first, last - first);
    }

    void send(const GradientBucket& bucket, Exchange& exchange) {
        const int own = exchanging_.rank();
        const std::size_t own_nodes = nodes_[static_cast<std::size_t>(own)].size();
        const auto begin = [&](const auto* from, auto& to) {
            using Wire = typename std::remove_cvref_t<decltype(to)>::value_type;
            check_mpi(MPI_Ialltoallv(from, exchange.send_counts.data(), exchange.send_places.data(), mpi_type<Wire>(),
                                     to.data(), exchange.receive_counts.data(), exchange.receive_places.data(),
                                     mpi_type<Wire>(), exchanging_.handle(), &exchange.sending),
                      "exchange gradients");
        };
        const T* const one = own_nodes == 1 ? sums_[0].data() + bucket.first : nullptr;  // it is sent from its place
        if (reduction_ == Reduction::FastBFloat16) {
            for (int q = 0; q < exchanging_.size() && one != nullptr; ++q)
                for (std::size_t i = shard(bucket, q); i < shard(bucket, q + 1) && q != own; ++i)
                    exchange.send_compressed[i] = compress(one[i]);
            return begin(exchange.send_compressed.data(), exchange.received_compressed);
        }
        if (one != nullptr) return begin(one, exchange.received);
        auto target = exchange.send.begin();
        for (int q = 0; q < exchanging_.size(); ++q)
            for (std::size_t node = 0; node < own_nodes && q != own; ++node)
                target = std::copy(sums_[node].data() + bucket.first + shard(bucket, q),
                                   sums_[node].data() + bucket.first + shard(bucket, q + 1), target);
        begin(std::as_const(exchange.send).data(), exchange.received);
    }

    /// Adds what has arrived of this rank's shard, and sends the sums to all ranks.
    void combine(const GradientBucket& bucket, Exchange& exchange) {
        for (std::size_t i = 0; i < exchange.received_compressed.size(); ++i)
            exchange.received[i] = static_cast<T>(BFloat16::decode(exchange.received_compressed[i]));
        const int own = exchanging_.rank();
        const std::size_t length = shard(bucket, own + 1) - shard(bucket, own);
        const std::size_t place = bucket.first + shard(bucket, own);
        constexpr std::size_t at_once = 4096;  // so few that they stay in the cache until they are summed and scaled
        for (std::size_t first = 0; first < length; first += at_once)
            combine(exchange.received.data() + first, length, place + first, (std::min)(at_once, length - first));
        const auto begin = [&](auto& values) {
            using Wire = typename std::remove_cvref_t<decltype(values)>::value_type;
            check_mpi(MPI_Iallgatherv(MPI_IN_PLACE, 0, mpi_type<Wire>(), values.data() + bucket.first,
                                      exchange.shard_counts.data(), exchange.shard_places.data(), mpi_type<Wire>(),
                                      spreading_.handle(), &exchange.spreading),
                      "send sums of gradients");
        };
        if (reduction_ != Reduction::FastBFloat16) return begin(reduced_);
        for (std::size_t i = place; i < place + length; ++i) compressed_[i] = compress(reduced_[i]);
        begin(compressed_);
    }
    /// reduced_[place...] = the scaled sum of `count` values of each node. Those of the other ranks' nodes are
    /// `received`, `stride` values apart.
    void combine(T* received, std::size_t stride, std::size_t place, std::size_t count) {
        summands_.clear();
        SumNodes stack(reduction_ != Reduction::SameBits);
        const auto join = [&](int times) {
            for (; times > 0; --times) {
                add_to(summands_[summands_.size() - 2], summands_.back(), count);
                summands_.pop_back();
            }
        };
        for (std::size_t r = 0; r < nodes_.size(); ++r)
            for (std::size_t node = 0; node < nodes_[r].size(); ++node) {
                const bool is_own = r == static_cast<std::size_t>(exchanging_.rank());
                summands_.push_back(is_own ? sums_[node].data() + place : std::exchange(received, received + stride));
                join(stack.push(nodes_[r][node]));
            }
        join(stack.finish());
        for (std::size_t i = 0; i < count && !summands_.empty(); ++i) reduced_[place + i] = scale_ * summands_[0][i];
    }

    /// True if everything is done.
    bool proceed() {
        const auto done = [](MPI_Request& request) {
            int finished = 0;
            check_mpi(MPI_Test(&request, &finished, MPI_STATUS_IGNORE), "add gradients");
            return finished != 0;
        };
        for (; combined_ < sent_ && done(exchanges_[combined_].sending); ++combined_)
            combine(buckets_[combined_], exchanges_[combined_]);
        bool all = combined_ == buckets_.size();
        for (std::size_t b = 0; b < combined_; ++b) all &= done(exchanges_[b].spreading);
        return all;
    }

    /// Rounds to the nearest bfloat16, ties to even, by the bits of a float.
    static std::uint16_t compress(T value) {
        const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
        if ((bits & 0x7FFFFFFF) > 0x7F800000) return static_cast<std::uint16_t>(bits >> 16 | 0x40);  // NaN
        return static_cast<std::uint16_t>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    Communicator exchanging_, spreading_;
    const Reduction reduction_;
    const std::vector<GradientBucket> buckets_;
    std::vector<Exchange> exchanges_;
    std::vector<int> first_part_;
    std::vector<std::vector<SumNode>> nodes_;  // of each rank, when all its parts are added
    SumNodes stack_;
    std::vector<std::vector<T>> sums_;  // of the nodes in the stack
    int joins_ = 0;
    T scale_ = 0, weight_ = 0;
    std::span<const T> statistics_;  // of the open part
    std::vector<T*> summands_;
    std::vector<T> reduced_;
    std::vector<std::uint16_t> compressed_;
    std::size_t sent_ = 0, combined_ = 0;  // buckets
};

}  // namespace detail

}  // namespace depix
