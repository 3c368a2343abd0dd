// BoundedQueue: hands work from some threads to others, and makes the faster ones wait, so that memory stays bounded.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace tool {

template <class T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

    /// Waits until there is room.
    void push(T item) {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [&] { return items_.size() < capacity_; });
        items_.push_back(std::move(item));
        lock.unlock();
        filled_.notify_one();
    }

    /// Waits for the next item. Returns nothing once the queue is closed and empty.
    std::optional<T> pop() {
        std::unique_lock lock(mutex_);
        filled_.wait(lock, [&] { return !items_.empty() || closed_; });
        if (items_.empty()) return {};
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        lock.unlock();
        room_.notify_one();
        return item;
    }

    /// To be called when no more items will be pushed.
    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        filled_.notify_all();
    }

  private:
    const std::size_t capacity_;
    std::mutex mutex_;
    std::condition_variable room_, filled_;
    std::deque<T> items_;
    bool closed_ = false;
};

}  // namespace tool
