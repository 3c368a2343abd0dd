#include "../device.hpp"
#include "commands.hpp"
#include "recipes.hpp"

int example::train_gan(const TrainGanOptions& options) {
    return on_device(options.device, [&]<class Backend> {
        return with_recipe(options.recipe, options.network, [&]<class Recipe, class Generator> {
            return train_gan_by<Recipe, Generator, Backend>(options);
        });
    });
}
