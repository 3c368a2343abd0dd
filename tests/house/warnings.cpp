// A network of most layers on both backends, trained, saved and restored with, so that templates are compiled too.
// warnings.sh puts every header before this, and compiles it with more warnings than depix's own programs have.
using Everything =
    depix::Sequential<depix::Conv<3, 8>, depix::BatchNorm<8>, depix::ReLU,
                      depix::Residual<depix::Conv<8, 8>, depix::LeakyReLU<>, depix::Dropout<std::ratio<1, 5>>>,
                      depix::SkipConcat<depix::MaxPool<2>, depix::Conv<8, 16, 3>, depix::ELU<>, depix::PReLU<16>,
                                        depix::ConvTranspose<16, 8, 2, depix::Stride<2>>, depix::Tanh>,
                      depix::Conv<16, 8, 1>, depix::AveragePool<2>, depix::Upsample<2>, depix::Conv<8, 12>,
                      depix::PixelShuffle<2>, depix::Scale<std::ratio<1, 2>>, depix::Sigmoid>;

template <class Backend>
depix::Image run(const depix::Model<Everything>& model, const depix::Image& image) {
    const depix::Inference<Everything, Backend> network{model, 2};
    return depix::restore(network, network(image), depix::Tiles{.size = 32});
}

int main() {
    depix::Model<Everything> model(1);
    depix::save(model, "warnings.safetensors");
    depix::load(model, "warnings.safetensors");
    const depix::Image image({3, 16, 16}, 0.5f);
    const depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{.learning_rate = 1e-3}};
    const depix::Image result = run<depix::Cpu>(model, run<depix::Reference>(model, image));
    const depix::ImageFile file{.color = result};
    const auto bytes = depix::encode_image_file(file, depix::ImageFormat::PNG);
    return depix::decode_image_file(bytes).bits == 8 && depix::summary<Everything>({3, 16, 16}).parameters > 0 ? 0 : 1;
}
