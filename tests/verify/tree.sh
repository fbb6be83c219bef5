#!/bin/sh
# tests/verify/tree.sh: every plugin of the tree holds to all laws. Data sets get made-up files of the published form, or are
# opened without, and say what is missing.
. "${srcdir:-.}/tests/cli/lib.sh"
folder=${builddir:-$PWD}/plugins/.libs
tried=0

# lawful KIND NAME ARGUMENT...: no law fails; the output is in the file out.
lawful() {
  file=$folder/$1-$2.so
  test -e "$file" || return 0 # linked into the program
  shift 2
  expect 0 verify "$file" "$@"
  tried=$((tried + 1))
}
# Nothing was left out for lack of data or size.
in_full() {
  ! grep '^not run' out || die "not all was tried"
}

for file in "$folder"/*.so; do
  test -e "$file" || { echo "all plugins are built in"; exit 77; }
  name=$(basename "$file" .so)
  kind=${name%%-*} name=${name#*-}
  case $kind in
  curve | schedule | ensembler) lawful "$kind" "$name" && in_full ;;
  model) lawful "$kind" "$name" && in_full ;;
  dataset) # without its data, which may be there
    strait verify "$file" >out 2>err && code=0 || code=$?
    test "$code" = 0 || test "$code" = 3 || die "$file breaks a law: $(cat out)"
    test "$code" = 0 || grep -q '^not run' out || die "what was not run? $(cat out)" ;;
  *) die "what is $file?" ;;
  esac
done

# Small ones, whose gradients are checked as they are set; every option has a value of its own here, besides its limits.
lawful model mlp && in_full
lawful model convfc --set width=0.2 && in_full
lawful model vgg --set width=0.05 --set model.batch-norm=yes && in_full
lawful model preresnet --set depth=8 && in_full
lawful model wideresnet --set depth=10 --set width=1 --set dropout=0.2 && in_full
lawful model resnet --set depth=18 --set width=4 && in_full
lawful model resnet --set depth=18 --set width=4 --set stem=cifar --set names=linear && in_full
lawful model cifarresnet --set depth=8 && in_full
lawful model cifarresnet --set depth=8 --set shortcut=B --set names=linear && in_full
lawful model lstm --set hidden=12 --set embedding=9 --set dropout=0.2 && in_full
lawful model lstm --set hidden=10 --set layers=1 --set tied=yes --set init=0 && in_full
lawful model gpt --set width=12 --set heads=3 --set layers=2 --set bias=yes --set dropout=0.1 && in_full
lawful model vit --set width=12 --set heads=2 --set depth=2 --set mlp=2 --set dropout=0.1 && in_full
lawful model vit --set width=12 --set patch=2 --set heads=3 --set depth=1 --set pool=mean && in_full
for file in "$folder"/model-*.so; do
  case $(basename "$file" .so) in
  model-mlp | model-convfc | model-vgg | model-preresnet | model-wideresnet | model-resnet | model-cifarresnet | \
    model-lstm | model-gpt | model-vit) ;;
  *) die "$file: add it here, with options that make it small" ;;
  esac
done

# Data: files of the published forms made here: IDX files of 5 and 3 images; CIFAR's of their fixed sizes, all zeros and
# sparse, so that they take no room; folders of PNG files of one pixel.
lawful dataset digits && in_full
idx() { # NAME COUNT
  printf "\\000\\000\\010\\003\\000\\000\\000\\00$2\\000\\000\\000\\034\\000\\000\\000\\034" >"idx/$1-images-idx3-ubyte"
  head -c $((784 * $2)) "$program" >>"idx/$1-images-idx3-ubyte" # any bytes will do
  printf "\\000\\000\\010\\001\\000\\000\\000\\00$2" >"idx/$1-labels-idx1-ubyte"
  head -c "$2" /dev/zero >>"idx/$1-labels-idx1-ubyte"
}
mkdir idx cifar10 cifar100
idx train 5
idx t10k 3
lawful dataset mnist --set dataset.path=idx && in_full
lawful dataset fashion-mnist --set dataset.path=idx && in_full
for part in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
  truncate -s 30730000 "cifar10/$part.bin" # 10000 x (1 label, 3 x 32 x 32)
done
lawful dataset cifar10 --set dataset.path=cifar10 && in_full
truncate -s 153700000 cifar100/train.bin # 50000 x (2 labels, 3 x 32 x 32)
truncate -s 30740000 cifar100/test.bin
lawful dataset cifar100 --set dataset.path=cifar100 && in_full
lawful dataset cifar100 --set dataset.path=cifar100 --set dataset.labels=coarse && in_full
for class in cat dog; do
  mkdir -p "images/train/$class" "images/val/$class"
  base64 -d >"images/train/$class/one.png" <<END
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
END
  cp "images/train/$class/one.png" "images/train/$class/two.png"
  cp "images/train/$class/one.png" "images/val/$class/"
done
if ! grep -q 'built without libpng' "$folder/dataset-imagefolder.so"; then
  lawful dataset imagefolder --set dataset.path=images && in_full
fi
test "$tried" -gt 0
