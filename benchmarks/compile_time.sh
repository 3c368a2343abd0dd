#!/usr/bin/env bash
# Measures what a translation unit costs the compiler: time, and the most memory that it held at any moment.
#
#     benchmarks/compile_time.sh [--enforce] [NAME...]               one for each network, with the budget
#     benchmarks/compile_time.sh FILE.cpp [compiler argument...]
#
# For each network, or only for those called NAME, the first form compiles the part of a program that loads, packs and
# runs it. For some it also compiles a part that trains it. Both are what a user would write. Seconds are CPU time, not
# elapsed time, because other programs may use the machine as well; they slow the compiler down even so. With --enforce
# it fails if one is over the budget.
# The second form measures a file, in elapsed time.
#
# CXX chooses the compiler. MAX_SECONDS and MAX_MEGABYTES are the budgets. For the networks they are 15 and 1024 by
# default. A file has none unless they are set, and then it fails above one of them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case ${1-} in
    --help | -h) sed -n '2,/^set/{/^#/s/^# \?//p}' "$0"; exit ;;
esac
source "$here/cmake/packages.sh"
[[ -x /usr/bin/time ]] || install_packages time

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

measure() {  # FORMAT FILE.cpp [compiler argument...]: prints what GNU time measured
    /usr/bin/time -o "$work/measured" -f "$1" "${CXX:-g++}" -std=c++20 -O3 -march=native -fopenmp \
        -I "$here/include" -isystem /usr/include/stb "${@:3}" -c "$2" -o "$work/object.o" && cat "$work/measured"
}

if [[ ${1-} == *.* ]]; then
    measured=$(measure '%e %M' "$@")
    awk -v file="$1" -v most_seconds="${MAX_SECONDS:-0}" -v most_megabytes="${MAX_MEGABYTES:-0}" '{
        seconds = $1; megabytes = $2 / 1024
        printf "%s: %.1f s, %.0f MB\n", file, seconds, megabytes
        exit (most_seconds && seconds > most_seconds) || (most_megabytes && megabytes > most_megabytes)
    }' <<<"$measured"
    exit
fi

# ---- the networks ----------------------------------------------------------------------------------------------------

restored=(
    'depixelizer              Depixelizer'
    'text_restorer            TextRestorer'
    'documents_autoencoder    DocumentsAutoencoder'
    'page_cleaner             PageCleaner'
    'pixel_shuffle_unet       PixelShuffleUNet<>'
    'de_gan_generator         DeGanGenerator<>'
    'de_gan_discriminator     DeGanDiscriminator<>'
    'srresnet                 SRResNet<>'
    'rrdb                     RRDB<>'
    'rrdbnet                  RRDBNet<>'
    'srgan_discriminator      SrganDiscriminator<>'
    'vgg19                    Vgg54'
    # The third word is a header that depix.hpp does not include.
    'rrdbnet_6                RRDBNet<64,32,6>'
    'artcnn                   ArtCNN<>                  artcnn'
    'compact                  Compact<>                 compact'
    'cunet                    CUNet<>                   cunet'
    'dncnn                    DnCNN<>                   dncnn'
    'drunet                   DRUNet<>                  drunet'
    'edsr                     EDSR<>                    edsr'
    'ffdnet                   FFDNet<>                  ffdnet'
    'ircnn                    IRCNN<>                   ircnn'
    'mobilenet_v2             MobileNetV2<>             mobilenet_v2'
    'nafnet                   NAFNet<>                  nafnet'
    'rcan                     RCAN<>                    edsr'
    'span                     SPAN<>                    span'
    'trained_span             TrainedSPAN<>             span'
    'tiny_keywords            TinyKeywords              mlperf_tiny'
    'tiny_mobilenet           TinyMobileNet             mlperf_tiny'
    'upconv_7                 UpConv7                   upconv_7'
)
trained=(
    'train_depixelizer            Depixelizer'
    'train_documents_autoencoder  DocumentsAutoencoder'
    'train_pixel_shuffle_unet     PixelShuffleUNet<>'
    'train_srresnet               SRResNet<>'
)

write_restore() {  # NETWORK [HEADER]
    [[ -z ${2-} ]] || echo "#include \"depix/models/$2.hpp\""
    cat <<END
#include "depix/depix.hpp"
using Network = depix::$1;

depix::Image restore(const char* weights, const depix::Image& picture) {
    depix::Model<Network> model;
    depix::load(model, weights);
    const depix::Inference<Network> network{model};
    return network(picture);
}
END
}

write_train() {  # NETWORK
    cat <<END
#include "depix/depix.hpp"
using Network = depix::$1;

double train(const char* weights, const depix::Tensor<float>& input, const depix::Tensor<float>& target) {
    depix::Model<Network> model;
    depix::Trainer trainer{model, depix::MeanSquaredError{}, depix::Adam{}};
    const double loss = trainer.step(input, target);
    depix::save(model, weights);
    return loss;
}
END
}

enforced='' wanted=()
for argument in "$@"; do
    case $argument in
        --enforce) enforced=yes ;;
        *) wanted+=("$argument") ;;
    esac
done
for name in ${wanted[@]+"${wanted[@]}"}; do
    if ! printf '%s\n' "${restored[@]}" "${trained[@]}" | grep -q "^$name "; then
        echo "$name: there is no such network, and no such file" >&2
        exit 2
    fi
done

most_seconds=${MAX_SECONDS:-15} most_megabytes=${MAX_MEGABYTES:-1024}
echo "${CXX:-g++} $("${CXX:-g++}" -dumpfullversion), the processor's seconds; budget: $most_seconds s, $most_megabytes MiB"
over=()
compile() {  # KIND NAME NETWORK [HEADER]
    if ((${#wanted[@]} > 0)) && [[ " ${wanted[*]} " != *" $2 "* ]]; then return; fi
    local seconds kibibytes judgement=''
    "write_$1" "$3" "${4-}" >"$work/$2.cpp"
    read -r seconds kibibytes < <(measure '%U %M' "$work/$2.cpp")
    awk "BEGIN {exit !($seconds > $most_seconds || $kibibytes > 1024 * $most_megabytes)}" && judgement='  over the budget'
    printf '%-30s %6.1f s %6d MiB%s\n' "$2" "$seconds" $((kibibytes / 1024)) "$judgement"
    [[ -z $judgement ]] || over+=("$2")
}
for line in "${restored[@]}"; do read -r name network header <<<"$line" && compile restore "$name" "$network" "$header"; done
for line in "${trained[@]}"; do read -r name network <<<"$line" && compile train "$name" "$network"; done

if ((${#over[@]} > 0)); then
    echo "Over the budget: ${over[*]}"
    [[ -z $enforced ]] || exit 1
fi
