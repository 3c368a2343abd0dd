// The documents autoencoder against PyTorch's golden files: outputs, gradients, three steps of Adam.
#include "golden_check.hpp"

using namespace depix_test;

TEST_CASE("the type says what is published") {
    static_assert(DocumentsAutoencoder::parameter_count == 9569);
    static_assert(DocumentsAutoencoder::output({1, 420, 540}) == Shape{1, 420, 540});
    static_assert(DocumentsAutoencoder::size_multiple == 4);
}

TEST_CASE("outputs agree with PyTorch") {
    for (const std::string& path : {shipped + "documents_autoencoder.safetensors", shared + "S1_small.safetensors"}) {
        check_output<DocumentsAutoencoder, Cpu, float>(path);
        check_output<DocumentsAutoencoder, Reference, float>(path);
        check_output<DocumentsAutoencoder, Reference, double>(path);
        check_names<DocumentsAutoencoder>(path);
    }
}

TEST_CASE("training agrees with PyTorch") {
    for (const std::string& path :
         {shipped + "documents_autoencoder_step.safetensors", shared + "S1_step.safetensors"}) {
        check_training<DocumentsAutoencoder, Cpu, float>(path);
        check_training<DocumentsAutoencoder, Reference, double>(path);
    }
}
