#!/bin/bash
# deb.sh ARCHIVE: builds the Debian packages of a release archive into build/deb and lets lintian
# read them.
set -eu
archive=$(realpath "$1")
name=$(basename "$archive" .tar.gz)
root=$PWD
rm -rf build/deb
mkdir -p build/deb
cd build/deb
tar xf "$archive"
mv "$name/debian" debian
tar czf "${name/-/_}.orig.tar.gz" "$name"
mv debian "$name/debian"
cd "$name"
dpkg-buildpackage -us -uc >../build.log 2>&1 || {
    tail -n 30 ../build.log >&2
    exit 1
}
cd ..
lintian --allow-root --fail-on error ./*.changes
echo "packages are in ${PWD#"$root"/}"
