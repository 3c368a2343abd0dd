#!/usr/bin/env bash
# drawings.sh TOOL EXAMPLES [--write]: checks that the drawings on the examples' pages are those of the networks' types.
# With --write it makes them.
set -uo pipefail
tool=$1 examples=$2 write=${3:-}
failures=0
drawing() {  # FILE NETWORK SIZE
    local file=$examples/$1
    if [[ $write == --write ]]; then
        "$tool" draw "$2" --size "$3" -o "$file" || ((++failures))
    elif ! "$tool" draw "$2" --size "$3" | cmp -s - "$file"; then
        echo "$file is out of date: tests/tool/drawings.sh TOOL examples --write makes it anew"
        ((++failures))
    fi
}

drawing 01_depixelizer/depixelizer.svg depixelizer 64x256
drawing 01_depixelizer/text_restorer.svg text_restorer 64x256
drawing 03_de_gan/de_gan.svg de_gan 256x256
drawing 04_srgan/srresnet.svg srresnet 64x64
drawing 04_srgan/rrdb.svg rrdb 64x64
drawing 05_documents/documents_autoencoder.svg documents_autoencoder 420x540
drawing 05_documents/page_cleaner.svg page_cleaner 256x256
drawing 06_unet/unet.svg unet_32 256x256
drawing 08_photographs/denoiser.svg denoiser 256x256
((failures == 0))
