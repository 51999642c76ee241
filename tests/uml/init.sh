#!/bin/bash
# Process 1 of a User-Mode-Linux whose root is the host's, read-only: mounts what tests need, runs the rest of its line, says how that ended.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run TMPDIR=/run/tests
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/tests /run/lib/modules /dev/shm
mount -t tmpfs tmpfs /dev/shm
ln -s "/usr/lib/uml/modules/$(uname -r)" /run/lib/modules/
for module in ext4 loop overlay veth nf_tables; do
  modprobe --dirname /run $module
done
ip link set lo up
cd "$UML_REPOSITORY" || halt -f
.venv/bin/python -B -m pytest -q --color=no -p no:cacheprovider -p no:xdist --tb=short -ra -o timeout=300 ${UML_TESTS//,/ }
echo "tests ended: $?"
halt -f
