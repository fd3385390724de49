#!/bin/busybox sh
# The first process of the guest: reaches the host's file system, loads the CAN modules, runs the command, hands back its
# exit status. /job is shared by guest.ts: the command, the writable folders, the path of the modules.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
while read -r module; do $b insmod "/modules/$module" || echo "guest: insmod $module failed"; done </modules/order

# The host's / read-only, under a layer in memory: what the command writes outside of shared folders is discarded.
options=trans=virtio,version=9p2000.L,msize=1048576
$b mount -t 9p -o "ro,$options,cache=loose" root /lower || echo "guest: no root"
$b mount -t 9p -o "ro,$options" job /job
$b mount -t tmpfs -o size=70% memory /upper
$b mkdir /upper/changes /upper/work
$b mount -t overlay -o lowerdir=/lower,upperdir=/upper/changes,workdir=/upper/work,redirect_dir=off,index=off root /root ||
	echo "guest: no overlay"
for folder in proc sys dev; do $b mount --bind "/$folder" "/root/$folder"; done
cd /root || exit
$b mkdir -p dev/pts dev/shm run
$b mount -t devpts -o gid=5,mode=620,ptmxmode=666 pts dev/pts
$b mount -t tmpfs shm dev/shm
$b mount -t tmpfs run run
$b ln -sf /proc/self/fd dev/fd
$b ln -sf fd/0 dev/stdin
$b ln -sf fd/1 dev/stdout
$b ln -sf fd/2 dev/stderr
index=0
while read -r folder; do
	$b mount -t 9p -o "rw,$options,cache=mmap" "share$index" "/root$folder"
	index=$((index + 1))
done </job/shares

# modprobe of busybox for this script, for the command, and for the kernel, which loads protocols by itself.
modules=lib/modules/$($b uname -r)
$b mkdir -p "/$modules" /sbin "$modules"
$b cp /job/command run/command
$b cp $b run/busybox
$b mount --bind "/lower$($b cat /job/modules)" "/$modules"
$b mount --bind "/$modules" "$modules"
$b ln -s $b /sbin/modprobe
[ -e sbin/modprobe ] || $b ln -s /run/busybox sbin/modprobe
$b ip link set lo up
for module in can_raw can_isotp can_gw slcan kvaser_pci; do $b modprobe -q $module || echo "guest: no module $module"; done
# With echo=1 a receiver on the same machine sees a frame when it leaves the queue, so a shaped vcan has a bit rate.
$b modprobe vcan echo=1

# The three serial ports that guest.ts listens to: stdout, stderr, exit status.
port=$($b ls /dev/vport*p1)
port=${port%1}
$b mkfifo run/out run/err
$b cat run/out >"${port}1" &
out=$!
$b cat run/err >"${port}2" &
err=$!
echo "guest: command starts at $($b cut -d' ' -f1 /proc/uptime) s"
$b chroot /root /run/busybox setsid /run/busybox env -i /bin/sh /run/command </dev/null >run/out 2>run/err
status=$?
# A process that the command left behind may keep the pipes open.
($b sleep 1; kill $out $err) 2>/dev/null &
wait $out $err
echo "guest: command ended at $($b cut -d' ' -f1 /proc/uptime) s, status $status"
echo $status >"${port}3"
$b poweroff -f
