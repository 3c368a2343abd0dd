#include "depix/models/documents_autoencoder.hpp"
#include "../embed/quantize.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::documents_autoencoder() {
    Architecture architecture = make_architecture<depix::DocumentsAutoencoder>(
        "documents_autoencoder", "scanned pages: the published autoencoder");
    architecture.quantize = &quantize_network<depix::DocumentsAutoencoder>;
    return architecture;
}
