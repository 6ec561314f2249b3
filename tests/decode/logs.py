"""Short logs in the kernel's own forms, one for each architecture and age. Written for the tests: no such driver is."""

ARM64 = """\
[   20.012345] Unable to handle kernel NULL pointer dereference at virtual address 0000000000000008
[   20.012350] Mem abort info:
[   20.012352]   ESR = 0x0000000096000004
[   20.012355]   EC = 0x25: DABT (current EL), IL = 32 bits
[   20.012360]   FSC = 0x04: level 0 translation fault
[   20.012370] user pgtable: 4k pages, 48-bit VAs, pgdp=0000000101f3a000
[   20.012372] [0000000000000008] pgd=0000000000000000, p4d=0000000000000000
[   20.012380] Internal error: Oops: 0000000096000004 [#1] PREEMPT SMP
[   20.012385] Modules linked in: demo(O) xfs libcrc32c
[   20.012390] CPU: 3 PID: 611 Comm: cat Tainted: G           O       6.6.30-1.el9.aarch64 #1
[   20.012395] Hardware name: Ampere Mt. Jade, BIOS 2.10.20220810 08/10/2022
[   20.012400] pstate: 60400005 (nZCv daif +PAN -UAO -TCO -DIT -SSBS BTYPE=--)
[   20.012405] pc : demo_read+0x24/0x80 [demo]
[   20.012408] lr : vfs_read+0xb0/0x2e0
[   20.012410] sp : ffff80008b4cbd30
[   20.012412] x29: ffff80008b4cbd30 x28: ffff0000c1f2c380 x27: 0000000000000000
[   20.012440] Call trace:
[   20.012442]  demo_read+0x24/0x80 [demo]
[   20.012444]  vfs_read+0xb0/0x2e0
[   20.012446]  ksys_read+0x74/0x110
[   20.012448]  __arm64_sys_read+0x24/0x38
[   20.012450]  invoke_syscall+0x50/0x120
[   20.012460] Code: d503201f a9bd7bfd 910003fd f90013f5 (f9400660)
[   20.012465] ---[ end trace 0000000000000000 ]---
"""

POWER = """\
[  100.5] BUG: Kernel NULL pointer dereference on read at 0x00000010
[  100.5] Faulting instruction address: 0xc00800000a2c0110
[  100.5] Oops: Kernel access of bad area, sig: 11 [#1]
[  100.5] LE PAGE_SIZE=64K MMU=Radix SMP NR_CPUS=2048 NUMA pSeries
[  100.5] Modules linked in: demo(OE) xfs
[  100.5] CPU: 5 PID: 4242 Comm: tee Kdump: loaded Tainted: G           OE      6.4.0-150600.23.17-default #1 SLE15-SP6
[  100.5] Hardware name: IBM,9009-22A POWER9 (raw) 0x4e0202 0xf000005 of:IBM,FW950.30 (VL950_092) hv:phyp pSeries
[  100.5] NIP:  c00800000a2c0110 LR: c00800000a2c0100 CTR: c00000000021b2f0
[  100.5] REGS: c00000000b1f7960 TRAP: 0300   Tainted: G           OE     (6.4.0-150600.23.17-default)
[  100.5] MSR:  800000000280b033 <SF,VEC,VSX,EE,FP,ME,IR,DR,RI,LE>  CR: 24002222  XER: 20040000
[  100.5] CFAR: c00000000021b320 DAR: 0000000000000010 DSISR: 40000000 IRQMASK: 0
[  100.5] GPR00: c00800000a2c0100 c00000000b1f7c00 c00800000a2e8000 0000000000000000
[  100.5] NIP [c00800000a2c0110] demo_write+0x50/0xe0 [demo]
[  100.5] LR [c00800000a2c0100] demo_write+0x40/0xe0 [demo]
[  100.5] Call Trace:
[  100.5] [c00000000b1f7c00] [c00800000a2c0100] demo_write+0x40/0xe0 [demo] (unreliable)
[  100.5] [c00000000b1f7c40] [c00000000056a4a8] vfs_write+0x118/0x4c0
[  100.5] [c00000000b1f7d00] [c00000000056aa6c] ksys_write+0x7c/0x140
[  100.5] [c00000000b1f7d50] [c00000000002ea04] system_call_exception+0x134/0x330
[  100.5] [c00000000b1f7e50] [c00000000000cee4] system_call_vectored_common+0x15c/0x2ec
"""

POWER_OLD = """\
Unable to handle kernel paging request for data at address 0x00000000
Faulting instruction address: 0xd000000002f10044
Oops: Kernel access of bad area, sig: 11 [#1]
SMP NR_CPUS=1024 NUMA pSeries
Modules linked in: demo
NIP: d000000002f10044 LR: d000000002f10038 CTR: 0000000000000000
CPU: 1 PID: 1234 Comm: insmod Not tainted 3.10.0-327.el7.ppc64 #1
NIP [d000000002f10044] .demo_init+0x44/0x1000 [demo]
LR [d000000002f10038] .demo_init+0x38/0x1000 [demo]
Call Trace:
[c0000001f6d4fa20] [d000000002f10038] .demo_init+0x38/0x1000 [demo] (unreliable)
[c0000001f6d4faa0] [c00000000000b8f8] .do_one_initcall+0x88/0x260
"""

S390 = """\
[   66.123456] Unable to handle kernel pointer dereference in virtual kernel address space
[   66.123460] Failing address: 0000000000000000 TEID: 0000000000000483
[   66.123463] Fault in home space mode while using kernel ASCE.
[   66.123470] AS:0000000001a58007 R3:0000000000000024
[   66.123480] Oops: 0004 ilc:2 [#1] SMP
[   66.123485] Modules linked in: demo(O) qeth_l2
[   66.123490] CPU: 2 PID: 999 Comm: bash Tainted: G           O       5.14.0-362.8.1.el9_3.s390x #1
[   66.123495] Hardware name: IBM 8561 T01 701 (z/VM 7.2.0)
[   66.123500] Krnl PSW : 0704e00180000000 000003ff8012a06e (demo_store+0x2e/0x58 [demo])
[   66.123505]            R:0 T:1 IO:1 EX:1 Key:0 M:1 W:0 P:0 AS:3 CC:2 PM:0 RI:0 EA:3
[   66.123510] Krnl GPRS: 0000000000000000 0000000000000000 0000000000000001 0000000000000000
[   66.123520] Krnl Code: 000003ff8012a05e: b9040034            lgr     %r3,%r4
[   66.123530] Call Trace:
[   66.123532]  [<000003ff8012a06e>] demo_store+0x2e/0x58 [demo]
[   66.123534] ([<000003ff8012a05a>] demo_store+0x1a/0x58 [demo])
[   66.123536]  [<000000008045e1f8>] kernfs_fop_write_iter+0x148/0x1e8
[   66.123538]  [<000000008039ab12>] vfs_write+0x1f2/0x2e0
[   66.123540]  [<000000008039adc4>] ksys_write+0x6c/0xf8
[   66.123542]  [<0000000080a4b8e2>] __do_syscall+0x1da/0x208
[   66.123550] Last Breaking-Event-Address:
[   66.123552]  [<0000000080a3e0a6>] _printk+0x66/0x70
[   66.123560] Kernel panic - not syncing: Fatal exception: panic_on_oops
"""

RISCV = """\
[   12.5] Unable to handle kernel paging request at virtual address dfffffc810040000
[   12.5] Oops [#1]
[   12.5] Modules linked in:
[   12.5] CPU: 1 PID: 77 Comm: sh Not tainted 6.5.0-rc5 #3
[   12.5] Hardware name: riscv-virtio,qemu (DT)
[   12.5] epc : demo_show+0x1e/0x3c
[   12.5]  ra : sysfs_kf_seq_show+0x8c/0xf2
[   12.5] epc : ffffffff80a1c1a2 ra : ffffffff803ab5c6 sp : ff20000000d0bc10
[   12.5] status: 0000000200000120 badaddr: dfffffc810040000 cause: 000000000000000d
[   12.5] [<ffffffff80a1c1a2>] demo_show+0x1e/0x3c
[   12.5] [<ffffffff803ab5c6>] sysfs_kf_seq_show+0x8c/0xf2
[   12.5] [<ffffffff80003a0e>] ret_from_syscall+0x0/0x2
[   12.5] ---[ end trace 0000000000000000 ]---
"""

ARM = """\
[   31.250000] 8<--- cut here ---
[   31.250010] Unable to handle kernel NULL pointer dereference at virtual address 00000004
[   31.250020] [00000004] *pgd=00000000
[   31.250030] Internal error: Oops: 805 [#1] SMP ARM
[   31.250040] Modules linked in: demo(O+)
[   31.250050] CPU: 0 PID: 233 Comm: insmod Tainted: G           O      5.15.32-v7l+ #1538
[   31.250060] Hardware name: BCM2711
[   31.250070] PC is at demo_init+0x18/0x1000 [demo]
[   31.250080] LR is at do_one_initcall+0x50/0x1f4
[   31.250090] pc : [<bf00a018>]    lr : [<c0102e5c>]    psr: 60000013
[   31.250100] sp : c3a45d78  ip : c3a45d78  fp : c3a45df4
[   31.250110] Process insmod (pid: 233, stack limit = 0x5b8a8e0f)
[   31.250120] Stack: (0xc3a45d78 to 0xc3a46000)
[   31.250130] 5d60:                                                       c3a45df4 c3a45d88
[   31.250140] Backtrace:
[   31.250150] [<bf00a000>] (demo_init [demo]) from [<c0102e5c>] (do_one_initcall+0x50/0x1f4)
[   31.250160] [<c0102e0c>] (do_one_initcall) from [<c01bb9a4>] (do_init_module+0x50/0x200)
[   31.250170] [<c01bb954>] (do_init_module) from [<c01bda1c>] (sys_finit_module+0xc4/0xd4)
[   31.250180] Code: e24cb004 e3a03000 (e5833004)
[   31.250190] ---[ end trace 4a8e1f9e2f3b2c1d ]---
"""

EL6 = """\
BUG: unable to handle kernel NULL pointer dereference at (null)
IP: [<ffffffffa0123017>] demo_open+0x17/0x40 [demo]
PGD 37d6f067 PUD 37a1d067 PMD 0
Oops: 0002 [#1] SMP
last sysfs file: /sys/devices/system/cpu/cpu3/cache/index2/shared_cpu_map
CPU 2
Modules linked in: demo(U) autofs4 sunrpc ipv6 [last unloaded: scsi_wait_scan]

Pid: 2211, comm: cat Not tainted 2.6.32-431.el6.x86_64 #1 Red Hat KVM
RIP: 0010:[<ffffffffa0123017>]  [<ffffffffa0123017>] demo_open+0x17/0x40 [demo]
RSP: 0018:ffff880037a3bd68  EFLAGS: 00010292
RAX: 0000000000000000 RBX: ffff88003b3c8c80 RCX: 0000000000000000
CR2: 0000000000000000 CR3: 0000000037b27000 CR4: 00000000000006e0
Process cat (pid: 2211, threadinfo ffff880037a3a000, task ffff88003b0aaaa0)
Stack:
 ffff880037a3bd98 ffffffff8118d06d ffff88003b3c8c80 ffff880037a3bdd8
Call Trace:
 [<ffffffff8118d06d>] chrdev_open+0x15d/0x230
 [<ffffffff81186c1a>] __dentry_open+0x10a/0x360
 [<ffffffff8118cf10>] ? chrdev_open+0x0/0x230
 [<ffffffff81186f84>] nameidata_to_filp+0x54/0x70
 [<ffffffff8119b130>] do_filp_open+0x6d0/0xd20
 [<ffffffff8100b072>] system_call_fastpath+0x16/0x1b
Code: 00 00
RIP  [<ffffffffa0123017>] demo_open+0x17/0x40 [demo]
 RSP <ffff880037a3bd68>
CR2: 0000000000000000
"""

I386 = """\
[  231.1] BUG: unable to handle kernel paging request at f7ff1234
[  231.1] IP: demo_ioctl+0x2a/0x60 [demo]
[  231.1] *pde = 00000000
[  231.1] Oops: 0000 [#1] SMP
[  231.1] Modules linked in: demo(PO)
[  231.1] CPU: 0 PID: 1300 Comm: tool Tainted: P           O    4.9.0-12-686 #1 Debian 4.9.210-1
[  231.1] EIP: 0060:[<f8a3002a>] EFLAGS: 00010286 CPU: 0
[  231.1] EIP is at demo_ioctl+0x2a/0x60 [demo]
[  231.1] EAX: f7ff1234 EBX: f5a1c000 ECX: 00000000 EDX: 00000000
[  231.1] Call Trace:
[  231.1]  [<c11b1a5e>] ? do_vfs_ioctl+0x8e/0x750
[  231.1]  [<c11b2171>] ? SyS_ioctl+0x51/0x80
[  231.1]  [<c1003735>] ? do_fast_syscall_32+0x85/0x160
[  231.1] EIP: [<f8a3002a>] demo_ioctl+0x2a/0x60 [demo] SS:ESP 0068:f5b6bf04
[  231.1] CR2: 00000000f7ff1234
"""

WARNING_618 = """\
[   92.5][ T5982] ------------[ cut here ]------------
[   92.5][ T5982] WARNING: net/core/dev.c:4321 at dev_foo+0x4dc/0x570 net/core/dev.c:4321, CPU#1: ip/5982
[   92.5][ T5982] Modules linked in: veth bridge
[   92.5][ T5982] CPU: 1 UID: 0 PID: 5982 Comm: ip Not tainted 6.18.0 #1 PREEMPT(full)
[   92.5][ T5982] RIP: 0010:dev_foo+0x4dc/0x570 net/core/dev.c:4321
[   92.5][ T5982] Call Trace:
[   92.5][ T5982]  <TASK>
[   92.5][ T5982]  rtnl_bar+0x12/0x34 net/core/rtnetlink.c:22
[   92.5][ T5982]  </TASK>
"""

WARNING_2632 = """\
WARNING: at net/sched/sch_generic.c:261 dev_watchdog+0x26b/0x280() (Not tainted)
Hardware name: ProLiant DL380 G6
NETDEV WATCHDOG: eth0 (bnx2): transmit queue 0 timed out
Modules linked in: ipv6 bnx2
Pid: 0, comm: swapper Not tainted 2.6.32-220.el6.x86_64 #1
Call Trace:
 <IRQ>  [<ffffffff81069997>] ? warn_slowpath_common+0x87/0xc0
 [<ffffffff8144a7eb>] ? dev_watchdog+0x26b/0x280
 [<ffffffff8107c7f7>] ? run_timer_softirq+0x197/0x340
 <EOI>  [<ffffffff812c4b2e>] ? intel_idle+0xde/0x170
"""

HARD_LOCKUP = """\
[  500.1] NMI watchdog: Watchdog detected hard LOCKUP on cpu 7
[  500.1] Modules linked in: mlx5_core(OE) xfs
[  500.1] CPU: 7 PID: 4321 Comm: kworker/7:1 Tainted: G           OE    --------- -  - 4.18.0-477.el8.x86_64 #1
[  500.1] Hardware name: Dell Inc. PowerEdge R640/0W23H8, BIOS 2.10.0 11/12/2020
[  500.1] Workqueue: events foo_work [mlx5_core]
[  500.1] RIP: 0010:native_queued_spin_lock_slowpath+0x5d/0x1d0
[  500.1] Code: 0f ba 2f 08
[  500.1] RSP: 0018:ffffb5e0c0a57e10 EFLAGS: 00000002
[  500.1] Call Trace:
[  500.1]  <NMI>
[  500.1]  </NMI>
[  500.1]  _raw_spin_lock_irqsave+0x32/0x40
[  500.1]  mlx5_cmd_exec+0x77/0x900 [mlx5_core]
[  500.1]  foo_work+0x21/0x80 [mlx5_core]
[  500.1]  process_one_work+0x1a7/0x360
[  500.1]  worker_thread+0x30/0x390
[  500.1]  kthread+0x10a/0x120
[  500.1]  ret_from_fork+0x35/0x40
[  500.1] Kernel panic - not syncing: Hard LOCKUP
"""

HUNG_TASK = """\
[ 1000.0] INFO: task xfsaild/dm-0:612 blocked for more than 120 seconds.
[ 1000.0]       Not tainted 5.14.0-427.el9.x86_64 #1
[ 1000.0] "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.
[ 1000.0] task:xfsaild/dm-0    state:D stack:0     pid:612   ppid:2      flags:0x00004000
[ 1000.0] Call Trace:
[ 1000.0]  <TASK>
[ 1000.0]  __schedule+0x248/0x620
[ 1000.0]  schedule+0x5a/0xc0
[ 1000.0]  schedule_timeout+0x11f/0x160
[ 1000.0]  __wait_for_common+0x90/0x1d0
[ 1000.0]  __flush_workqueue+0x13a/0x3f0
[ 1000.0]  xlog_cil_push_now.isra.0+0x5e/0xa0 [xfs]
[ 1000.0]  xlog_cil_force_seq+0x69/0x250 [xfs]
[ 1000.0]  </TASK>
[ 1000.1] Kernel panic - not syncing: hung_task: blocked tasks
[ 1000.1] CPU: 3 PID: 99 Comm: khungtaskd Kdump: loaded Not tainted 5.14.0-427.el9.x86_64 #1
"""

XMON = """\
[   74.702705] BUG: Unable to handle kernel data access on read at 0xc00000005e980000
[   74.703727] Faulting instruction address: 0xc0000000007bffb8
cpu 0xd: Vector: 300 (Data Access) at [c000000015db7060]
    pc: c0000000007bffb8: demo_mark+0x198/0x5a0
    lr: c0000000007bfeec: demo_mark+0xcc/0x5a0
    sp: c000000015db7300
   msr: 800000000280b033
   dar: c00000005e980000
 dsisr: 40000000
  current = 0xc000000027af6880
  paca    = 0xc00000003ffd5200   irqmask: 0x03   irq_happened: 0x01
    pid   = 5167, comm = mount
enter ? for help
[c000000015db7380] c000000000782708 demo_clear+0x378/0x410
[c000000015db7400] c000000000813f14 demo_replay+0x1794/0x2000
"""

LOONGARCH = """\
[    1.5] CPU 0 Unable to handle kernel paging request at virtual address 0000000000000040, era == 9000000000a4b2c0
[    1.5] Oops[#1]:
[    1.5] CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 6.12.0 #5
[    1.5] Hardware name: QEMU QEMU Virtual Machine, BIOS unknown 2/2/2022
[    1.5] pc 9000000000a4b2c0 ra 9000000000a4b2b0 tp 9000000100134000 sp 9000000100137c00
[    1.5]    ra: 9000000000a4b2b0 demo_probe+0x20/0x100
[    1.5]   ERA: 9000000000a4b2c0 demo_probe+0x30/0x100
[    1.5]  BADV: 0000000000000040
[    1.5] Call Trace:
[    1.5] [<9000000000a4b2c0>] demo_probe+0x30/0x100
[    1.5] [<9000000000a4b3c0>] platform_probe+0x30/0x100
"""
