#include "depix/models/documents_autoencoder.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::documents_autoencoder() {
    return make_architecture<depix::DocumentsAutoencoder>("documents_autoencoder",
                                                          "scanned pages: the published autoencoder");
}
