#include "../device.hpp"
#include "commands.hpp"

int example::train(const TrainOptions& options) {
    return on_device(options.device, [&]<class Backend> {
        return with_generator(options.generator,
                              [&]<class Generator> { return train_generator<Generator, Backend>(options); });
    });
}
