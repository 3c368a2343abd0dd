// Nothing allocates after preparation. This program counts each of its allocations.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>

#include "depix/depix.hpp"
#include "depix/quantize/cpu.hpp"

namespace {
std::atomic<std::size_t> allocations{0};

void* count_and_allocate(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return count_and_allocate(size); }
void* operator new[](std::size_t size) { return count_and_allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

using namespace depix;

using Small = Sequential<Conv<3, 4>, BatchNorm<4>, ReLU, SkipConcat<MaxPool<2>, ConvTranspose<4, 4, 2, Stride<2>>>,
                         Dropout<std::ratio<1, 4>>, Conv<8, 12>, PixelShuffle<2>>;
using Judge = Sequential<Conv<3, 4, 4, Stride<2>, Padding<1>>, LeakyReLU<>, Dense<4, 8, Size<8, 12>>, Dense<8, 1>>;

TEST_CASE("inference allocates nothing after the first picture of a size") {
    const Model<Small> model;
    for (const int threads : {1, 2}) {
        const Inference<Small, Cpu> fast{model, threads};
        const Inference<Small, Reference> plain{model};
        const Inference<Judge, Cpu> judge{Model<Judge>{}, threads};
        const Image image({3, 16, 24}, 0.5f);
        const Inference<Small, Int8<Cpu>> integers{quantize<Reference>(model, std::span(&image, 1)), threads};
        Image restored({3, 32, 48}), verdict({1, 1, 1});
        const auto run = [&] {
            fast.run(image.view(), restored.view());
            plain.run(image.view(), restored.view());
            integers.run(image.view(), restored.view());
            judge.run(image.view(), verdict.view());
        };
        run();
        const std::size_t before = allocations;
        for (int i = 0; i < 5; ++i) run();
        CHECK(allocations == before);
    }
}

TEST_CASE("a training step allocates nothing after the first of a size, nor does a smaller batch") {
    Model<Small> model;
    Trainer trainer{model, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    const Tensor<float> input(3, {3, 16, 24}, 0.5f), target(3, {3, 32, 48}, 0.25f);
    trainer.step(input, target);
    Model<Judge> judge;
    Trainer judge_trainer{judge, MeanSquaredError{}, Adam{}, Cpu{}, 2};
    const Tensor<float> verdict(3, {1, 1, 1}, 1.f);
    judge_trainer.step(input, verdict);
    const std::size_t before = allocations;
    for (int i = 0; i < 3; ++i) trainer.step(input, target);
    for (int i = 0; i < 3; ++i) judge_trainer.step(input, verdict);
    trainer.step(input.view().images(0, 2), target.view().images(0, 2));
    trainer.step(input, target);
    CHECK(allocations == before);
}

TEST_CASE("nor does a step with every option and a loss of whole pictures") {
    Model<Small> model;
    Trainer trainer{model,   SumOfLosses{Weighted{SSIM{}, 0.5}, Weighted{Charbonnier{}, 0.5}},
                    AdamW{}, TrainerOptions{.max_gradient_norm = 0.1, .accumulate_batches = 2, .average_decay = 0.9},
                    Cpu{},   2};
    const Tensor<float> input(3, {3, 16, 24}, 0.5f), target(3, {3, 32, 48}, 0.25f);
    trainer.step(input, target);
    const std::size_t before = allocations;
    for (int i = 0; i < 4; ++i) trainer.step(input, target);
    trainer.step(input.view().images(0, 2), target.view().images(0, 2));
    trainer.step(input, target);
    CHECK(allocations == before);
}

TEST_CASE("workspace_bytes is what a process takes, and calls from many threads agree bit for bit") {
    const Model<Depixelizer> model;
    const Inference<Depixelizer> restore{model, 1};
    Image image({3, 64, 64});
    Random random(3);
    for (float& value : image.pixels) value = static_cast<float>(random.uniform());
    const Image expected = restore(image);
    std::vector<Image> results(4);
    std::vector<std::thread> threads;
    for (Image& result : results)
        threads.emplace_back([&] {
            for (int i = 0; i < 20; ++i) result = restore(image);
        });
    for (std::thread& thread : threads) thread.join();
    for (const Image& result : results) CHECK(result == expected);
    // The bits are the same, however many threads share one picture.
    CHECK(Inference<Depixelizer>{model, 3}(image) == expected);
}
