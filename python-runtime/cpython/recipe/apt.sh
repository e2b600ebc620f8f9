# Debian's archive through a private apt: its own sources, lists and package state in the work folder,
# nothing of the machine's. Sourced by fetch.sh.
# shellcheck shell=bash

APT=$WORK/apt
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

set_up_apt() {
    [ -r "$KEYRING" ] || die "no $KEYRING: install the package debian-archive-keyring"
    mkdir -p "$APT"/etc/apt/{preferences.d,trusted.gpg.d,apt.conf.d} \
        "$APT"/var/lib/apt/lists/partial "$APT"/var/cache/apt/archives/partial "$APT/var/lib/dpkg"
    : > "$APT/var/lib/dpkg/status" # no package is installed: the closure is the whole toolchain
    printf '%s [signed-by=%s] %s %s main\n' \
        deb "$KEYRING" "$MIRROR" sid \
        deb-src "$KEYRING" "$MIRROR" sid \
        deb-src "$KEYRING" "$MIRROR" testing > "$APT/etc/apt/sources.list"
    # An archive of yesterday is no attack here: every file is checked against the lock.
    cat > "$APT/apt.conf" << CONF
Dir "$APT/";
Dir::Etc "etc/apt";
Dir::State "var/lib/apt";
Dir::State::status "$APT/var/lib/dpkg/status";
Dir::Cache "var/cache/apt";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    export APT_CONFIG=$APT/apt.conf
    apt-get -qq update || die "apt-get update failed for $MIRROR"
}
