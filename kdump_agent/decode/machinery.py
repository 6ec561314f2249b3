"""Functions that stand in everybody's stack between a fault and its cause, by what they are for.

A word is a function's name; a star at its end or its beginning stands for anything, and underscores before it do not
matter: they stand for a function's inner part. The names are the kernel's, of
2.6.32 to 6.18; which of them a kind of crash passes over is culprit.py's work.
"""

from __future__ import annotations

import re


class Words:
    """A set of function names, with stars."""

    def __init__(self, *groups: str) -> None:
        words = " ".join(groups).split()
        self._exact = frozenset(word for word in words if "*" not in word)
        self._heads = tuple(word[:-1] for word in words if word.endswith("*") and word[0] != "*")
        self._tails = tuple(word[1:] for word in words if word.startswith("*") and word[-1] != "*")
        self._parts = tuple(word[1:-1] for word in words if word.startswith("*") and word[-1] == "*")

    def __contains__(self, symbol: object) -> bool:
        name = bare(str(symbol))
        return self._has(name) or (name[:1] == "_" and self._has(name.lstrip("_")))

    def _has(self, name: str) -> bool:
        return (
            name in self._exact
            or name.startswith(self._heads)
            or name.endswith(self._tails)
            or any(part in name for part in self._parts)
        )


_SUFFIX = re.compile(r"(?:\.(?:isra|constprop|part|cold|llvm|lto_priv|localalias)(?:\.\d{1,24})?)+$|\.\d{1,24}$")
_SYSCALL = re.compile(
    r"^(?:__(?:x64|ia32|arm64|arm|s390x?|riscv|powerpc|loongarch|se|do)_(?:compat_)?sys_|(?:compat_)?SyS_|SYSC_|C_SYSC_)"
    r"(?=\w)"
)


def bare(symbol: str) -> str:
    """Return a symbol without what the compiler hung on it (``.isra.0``, ``.cold``); a system call as ``sys_name``."""
    return _SYSCALL.sub("sys_", _SUFFIX.sub("", symbol).lstrip("."))


_MESSENGERS = """
    dump_stack* __dump_stack dump_backtrace* dump_trace dump_cpu_task show_stack* show_trace* show_regs* show_state*
    sched_show_task _sched_show_task print_context_stack panic vpanic nmi_panic* panic_bad_stack check_panic_on_warn
    __stack_chk_fail die die_* __die* oops_* add_taint* get_taint print_tainted print_modules bust_spinlocks
    arch_stack_walk* walk_stackframe* stack_trace_* save_stack* save_trace print_stack_trace unwind* __unwind* orc_find
    __orc_find profile_pc __kernel_text_address kernel_text_address core_kernel_text __module_address
    is_module_text_address in_gate_area* get_stack_info* sysrq_* __handle_sysrq write_sysrq_trigger walk_stack*
    *rust_begin_unwind* *core9panicking* rust_helper_BUG rust_panic* lbug_with_loc* libcfs_* spl_panic spl_dumpstack
    cxiPanic imbalance_bug
"""
_TRAPS = """
    asm_exc_* exc_* do_page_fault* __do_page_fault* ___do_page_fault do_async_page_fault async_page_fault page_fault*
    trace_page_fault trace_do_page_fault do_user_addr_fault do_kern_addr_fault handle_page_fault no_context* bad_area*
    __bad_area* kernelmode_fixup_or_oops bad_page_fault __bad_page_fault do_error_trap do_trap do_trap_*
    do_general_protection do_invalid_op do_divide_error do_int3 do_double_fault do_machine_check do_debug do_nmi
    default_do_nmi general_protection invalid_op divide_error double_fault machine_check stack_segment common_exception
    error_code error_entry error_exit nmi end_repeat_nmi repeat_nmi first_nmi paranoid_exit fixup_bug fixup_exception
    spurious_kernel_fault handle_stack_overflow handle_bad_stack __bad_stack ex_handler_* notify_die
    do_translation_fault do_mem_abort do_bad_area do_tag_check_fault do_DataAbort do_PrefetchAbort do_sp_pc_abort
    do_alignment_fault do_sea do_serror __do_kernel_fault do_kernel_fault arm64_notify_die call_break_hook brk_handler
    bug_handler bug_brk_handler do_debug_exception do_undef* do_el1_* el0_* el1_* el0t_* el1h_* do_el0_* do_undefinstr
    __bug* __dabt_svc* __pabt_svc* __und_svc* __irq_svc vectors vector_swi call_with_stack handle_exception*
    ret_from_exception ret_from_except* resume_* data_access_common* program_check_common* program_check_exception
    do_program_check instruction_access_common* hash__do_page_fault interrupt_return* pgm_check_handler __do_pgm_check
    do_dat_exception do_protection_exception do_asce_exception illegal_op monitor_event_exception do_be do_ade do_ri
"""
_REPORTERS = """
    kasan_* __kasan_* ____kasan_* kmsan_* __kmsan_* kcsan_* __kcsan_* kfence_* __kfence_* ubsan_* __ubsan_* __asan_*
    __hwasan_* __msan_* __tsan_* tsan_* check_memory_region* check_region_inline check_access check_poison*
    print_report* print_address_* end_report start_report describe_object* describe_address* find_report*
    set_report_info warn_slowpath_* __warn* warn_alloc* report_bug* __report_bug handle_bug handle_overflow
    val_to_string __fortify_* fortify_panic usercopy_* __check_object_size check_heap_object check_stack_object
    __check_heap_object check_kernel_text_object check_bogus_address object_err slab_err slab_bug slab_pad_check
    check_slab check_object check_bytes_and_report on_freelist print_trailer print_section lockdep_* __lockdep*
    lock_acquire* lock_release* lock_downgrade lock_is_held* lock_set_class lock_pin* lock_unpin* lock_contended
    lock_acquired __lock_acquire* __lock_release* __lock_is_held __lock_set_class __lock_downgrade validate_chain*
    check_deadlock* reacquire_held* work_is_static* timer_is_static* seqprop_* check_prev_add* check_prevs_add
    check_noncircular* check_usage* check_irq_usage check_wait_context check_unlock* check_path* check_flags*
    check_chain_key mark_lock* mark_held* mark_usage mark_irqflags register_lock_class assign_lock_key valid_state*
    lookup_chain_cache* add_chain_cache* hlock_class print_circular* print_bad_* print_usage_bug* print_deadlock*
    print_irq* print_unlock* print_lock* print_freed_lock_bug print_held* debug_check_no_* debug_print_object
    debug_object_* __debug_object* debug_mutex_* debug_spin_* debug_write_* debug_read_* debug_rt_* debug_lockdep*
    debug_timer_* debug_hrtimer_* debug_work_* debug_rcu_* debug_smp_processor_id debug_dma_* debug_rwlock_* check_sync
    check_unmap add_dma_entry rcu_lockdep* __might_* might_alloc ___might_* might_sleep* might_fault __schedule_bug
    schedule_debug check_preemption_disabled __this_cpu_preempt_check check_flush_dependency spin_bug spin_dump
    rwlock_bug __seqprop* bad_page* check_new_page* check_free_page* free_page_is_bad* dump_page* __dump_page
    read_word_at_a_time warn_bogus* __warn_* ref_tracker_* __ref_tracker* assfail assertfail *_assertfail*
    check_pad_bytes should_fail* should_failslab fail_dump ext4_handle_error __ext4_error* __ext4_std_error
"""
_ALLOCATORS = """
    kmalloc* kzalloc* kcalloc* __kmalloc* ___kmalloc* __do_kmalloc* __do_kmem* kmem_cache_* __kmem_cache_* kfree
    kfree_sensitive kzfree __kfree kvfree* kvmalloc* kvzalloc* kvcalloc* krealloc* __krealloc* kmemdup* kstrdup*
    kstrndup* kvmemdup* memdup_user* vmemdup_user vmalloc* vzalloc* __vmalloc* vfree* __vfree vunmap __vunmap __vmap*
    vm_area_* mempool_* slab_* ___slab_* __slab_* __cache_* ____cache_* cache_alloc* cache_grow* cache_flusharray
    cache_free_debugcheck do_slab_free free_debug_processing alloc_debug* free_to_partial_list set_track* free_block
    qlist_* quarantine_* new_slab* allocate_slab alloc_slab* stack_depot* __stack_depot* kasan_save* free_page*
    free_unref* __free_page* __free_pages* __free_slab discard_slab alloc_page* alloc_pages* vma_alloc_folio*
    __alloc_pages* __alloc_frozen* __alloc_percpu* free_percpu __folio_alloc* folio_alloc* post_alloc_hook prep_new_page
    get_page_from_freelist rmqueue* free_pcp* free_frozen* __set_page_owner* set_page_owner* __reset_page_owner
    page_pool* __page_pool* page_frag_* __page_frag_* radix_tree_node_alloc radix_tree_extend idr_get_free* idr_alloc*
    ida_* sk_prot_alloc sk_alloc *alloc_skb* __alloc_skb __netdev_alloc_skb napi_alloc_skb alloc_skb* __build_skb*
    build_skb pskb_expand_head kmemleak_* xas_alloc xas_create* xas_nomem filemap_alloc_folio* __filemap_get_folio*
    find_or_create_page* do_read_cache_* read_cache_folio* read_cache_page* pagecache_get_page* grab_cache_page*
    mapping_read_folio*
"""
_TRACING = """
    write_comp_data __sanitizer* __cfi_* __traceiter* trace_hardirqs_* trace_softirqs* trace_preempt* trace_event_raw*
    trace_call_bpf* perf_trace_lock* perf_trace_run* perf_trace_buf* perf_tp_event* ftrace_* return_to_handler
    function_trace_call arch_local_* arch_irqs_* arch_safe_halt native_save_fl native_restore_fl native_irq_*
    native_safe_halt native_halt native_read_* native_write_* native_flush_* native_apic_* native_sched_clock*
    native_smp_* native_cpu_* native_machine_* native_stop_* native_io_* native_set_p* paravirt_* pv_native*
    __raw_callee_save* __x86_indirect_* __x86_return_* __x86_retpoline* kprobe_* kretprobe_* rethook_* aggr_pre_handler
"""
_HELPERS = """
    memcpy* memset* memmove* memcmp* memchr* memscan* memparse __memcpy* __memset* __memmove* __memcmp* __pi_mem*
    __pi_str* strlen strnstr strndup_user strnlen strcpy strncpy strcmp strncmp strlcpy strscpy* sized_strscpy strchr
    strrchr strstr strsep strlcat strcat strncat strcasecmp strncasecmp strspn strcspn skip_spaces sscanf vsscanf
    simple_strto* kstrto* _kstrto* copy_from_* copy_to_* _copy_from_* _copy_to_* __copy_* copyin copyout* copy_user*
    copy_page copy_page_* copy_mc_* raw_copy* rep_movs_* rep_stos_* clear_user* __clear_user* clear_page* __get_user*
    get_user* __put_user* put_user* strncpy_from_user* strnlen_user* *copy_folio_* *copy_to_iter* *copy_from_iter*
    iov_iter_copy* csum_partial* csum_and_copy* crc16 crc32* vsnprintf* vscnprintf snprintf scnprintf sprintf vsprintf
    kasprintf kvasprintf* pointer number string string_nocheck hex_string symbol_string va_format mac_address_string
    ip4_addr* ip6_addr* ip4_string ip6_string ip_addr_string uuid_string bitmap_string format_decode hex_dump*
    print_hex_dump* seq_printf seq_vprintf printk* _printk* vprintk* dev_vprintk_emit dev_printk* __dev_printk _dev_*
    netdev_printk* __netdev_printk list_add* list_del* list_move* list_splice* list_empty* list_is_* list_replace*
    __list_* hlist_* __hlist_* llist_* plist_* klist_* __rb_* rb_insert* rb_erase* rb_next rb_prev rb_first* rb_last*
    rb_replace* kref_* refcount_* __refcount_* lockref_* percpu_counter_* __percpu_counter_* atomic* arch_atomic*
    raw_atomic* _atomic_* instrument_* test_bit* set_bit* clear_bit* change_bit* test_and_* arch_test* arch_set*
    arch_clear* __test_* __set_bit __clear_bit variable_test_bit constant_test_bit find_next_* find_first_* find_last_*
    _find_* __find_nth* bitmap_* __bitmap_* __read_once* read_once* __write_once* get_unaligned* put_unaligned* __xchg*
    __cmpxchg* siphash* jhash* kfree_skb* __kfree_skb skb_push skb_put skb_pull* skb_panic skb_over_panic
    skb_under_panic pskb_put __skb_put* __skb_push __skb_pull* assfail drop_nlink inc_nlink clear_nlink set_nlink iput
    mark_buffer_dirty* __brelse bforget __bforget radix_tree_* __radix_tree_* xa_* __xa_* xas_* idr_* rcu_is_*
    rcu_read_* __rcu_read_* kfree_rcu_* kvfree_call_rcu complete complete_all __wake_up* wake_up* swake_up*
    try_to_wake_up autoremove_wake_function default_wake_function woken_wake_function notifier_call_chain
    *_notifier_call_chain* call_netdevice_notifiers* crc8 crc64* crc_itu_t* crc_ccitt* readb readw readl readq writeb
    writew writel writeq __raw_readb __raw_readw __raw_readl __raw_readq __raw_writeb __raw_writew __raw_writel
    __raw_writeq ioread8 ioread16* ioread32* iowrite8 iowrite16* iowrite32* logic_in* logic_out* inb inw inl outb outw
    outl iput_final ihold find_lock_entries truncate_inode_pages_range
"""
_LOCKS = """
    _raw_spin* cpus_read_* cpus_write_* *_spin_lock* *_spin_unlock* *_read_lock* *_read_unlock* *_write_lock*
    *_write_unlock* _raw_read* _raw_write* __raw_spin* __raw_read* __raw_write* do_raw_* arch_spin* queued_spin_*
    native_queued_* queued_read_* queued_write_* queued_rwlock* virt_spin_lock __pv_queued_* pv_queued_* kvm_wait
    pv_wait* pv_kick* spin_lock* spin_unlock* spin_trylock* read_lock* read_unlock* write_lock* write_unlock* mutex_*
    __mutex_* atomic_dec_and_mutex_lock ww_mutex* __ww_mutex* rwsem_* __rwsem* down down_* __down __down_* up up_* __up
    __up_read __up_write percpu_down* percpu_up* __percpu_down* __percpu_up* percpu_rwsem* rt_mutex* __rt_mutex*
    rt_spin_* rt_read_* rt_write_* rwbase_* osq_* ldsem_* __ldsem* tty_ldisc_lock* seqlock_* read_seq* write_seq*
    lock_timer_base* lock_sock_nested lock_sock lock_sock_fast __lock_sock lock_page* __lock_page* folio_lock*
    __folio_lock* lock_buffer __lock_buffer inode_lock* inode_unlock* mmap_read_* mmap_write_* __local_bh_* _local_bh_*
    local_bh_* raw_spin_rq* unlock_page* folio_unlock* owner_on_cpu
"""
_WAITS = """
    schedule __schedule __schedule_loop schedule_timeout* schedule_hrtimeout* schedule_preempt_disabled
    preempt_schedule* __preempt_schedule* io_schedule* context_switch __switch_to* __cond_resched* _cond_resched
    cond_resched* wait_for_* __wait_for_* wait_on_* __wait_on_* wait_event* wait_woken wait_rcu_gp __wait_rcu_gp
    do_wait_for_common do_wait_intr* bit_wait* out_of_line_wait* __inode_wait* inode_wait* prepare_to_wait* finish_wait*
    add_wait_queue* remove_wait_queue* io_wait* folio_wait* *fdatawait* fdatawrite* flush_work* __flush_work*
    flush_delayed* start_flush_work flush_scheduled_work cancel_work* __cancel_work* cancel_delayed_work*
    drain_workqueue del_timer* __del_timer* timer_delete* __timer_delete* timer_shutdown* usleep_range* msleep* ssleep
    schedule_work_on kthread kthread_worker_fn kthread_stop* kthread_flush* worker_thread process_one_work
    process_scheduled_works ret_from_fork* ret_from_kernel_thread do_task_dead submit_bio_wait blk_wait_io*
    blk_execute_rq* usb_start_wait_urb usb_kill_urb usb_kill_anchored_urbs usb_poison_urb usb_bulk_msg usb_interrupt_msg
    usb_control_msg* usb_internal_control_msg ___preempt_schedule* __sched_text_start __sched_text_end
    try_to_grab_pending destroy_workqueue flush_workqueue* __flush_workqueue*
"""
_QUEUES = """
    mod_timer* __mod_timer add_timer* init_timer* __init_timer* timer_init* timer_is_* hrtimer_* __hrtimer_* __init_work
    queue_work* __queue_work* queue_delayed_work* __queue_delayed_work* insert_work mod_delayed_work* call_rcu*
    __call_rcu* tasklet_schedule* __tasklet_schedule* irq_work_queue* delayed_work_timer_fn
"""
_INTERRUPTIONS = """
    sysvec_* asm_sysvec_* __sysvec_* instr_sysvec_* *apic_timer_interrupt hrtimer_interrupt reschedule_interrupt*
    call_function_interrupt call_function_single_interrupt irq_work_interrupt error_interrupt spurious_interrupt
    thermal_interrupt threshold_interrupt deferred_error_interrupt el1_interrupt smp_call_function_interrupt
    smp_call_function_single_interrupt smp_thermal* smp_threshold* smp_error* smp_spurious* smp_deferred* smp_apic*
    smp_trace_* smp_reschedule* smp_x86* smp_irq* common_interrupt* asm_common_interrupt do_IRQ __do_IRQ
    do_interrupt_handler reschedule_interrupt* smp_apic_timer_interrupt* irq_enter* irq_exit* __irq_enter* __irq_exit*
    irq_work_* invoke_softirq* do_softirq* __do_softirq* handle_softirqs* run_ksoftirqd run_timer_softirq*
    run_hrtimer_softirq run_ktimers* call_timer_fn expire_timers __run_timer* __run_hrtimer* tick_* update_process_times
    local_apic* rcu_sched_clock_irq rcu_check_* rcu_pending* rcu_dump_* rcu_core* rcu_do_batch rcu_gp_* rcu_note_*
    rcu_implicit* rcu_softirq_qs rcu_nmi_* rcu_irq_* rcu_eqs_* print_other_cpu_stall* print_cpu_stall* check_cpu_stall*
    rcu_stall* rcu_exp_* rcu_exp_wait* watchdog watchdog_timer_fn watchdog_overflow* watchdog_hardlockup* softlockup_fn
    check_hung* arch_trigger_* trigger_all_cpu* trigger_single* nmi_* lapic_* csd_lock* __csd_lock* generic_exec_single
    generic_smp_call* flush_smp_call_function* __flush_smp_call* flush_tlb* on_each_cpu* arch_send*
    perf_event_nmi_handler perf_event_update_userpage perf_event_overflow* __perf_event_overflow* perf_ibs_*
    intel_pmu_handle* x86_pmu_handle*
    handle_nmi* cpu_stopper_thread multi_cpu_stop gic_handle_irq* handle_irq* __handle_irq* handle_domain_irq
    __handle_domain_irq handle_percpu* handle_edge_irq handle_level_irq handle_fasteoi_irq handle_arch_irq
    generic_handle_* handle_IRQ generic_handle_arch_irq arch_timer_* call_on_stack call_on_irq_stack smpboot_thread_fn
    timer_interrupt* decrementer_* riscv_timer_interrupt ret_from_intr retint_* asm_call_irq_on_stack run_on_irqstack*
"""
_ENTRY = """
    entry_SYSCALL* entry_SYSENTER* entry_INT80* irqentry_* __irqentry_* do_syscall* __do_syscall* __do_fast_syscall*
    do_fast_syscall* do_int80* syscall_* system_call* sysenter_* sysret* int_ret_from_sys_call tracesys* stub_*
    ia32_sysret* call_softirq* start_secondary* secondary_startup* cpu_startup_entry cpu_idle* do_idle default_idle*
    arch_cpu_idle* mwait_idle* safe_halt acpi_safe_halt acpi_idle* cpuidle_* call_cpuidle intel_idle* rest_init
    start_kernel x86_64_start* i386_start_kernel arch_call_rest_init invoke_syscall* __invoke_syscall* ret_fast_syscall*
    svc_preempt x64_sys_call ia32_sys_call ret_from_syscall* ret_to_user* work_pending _stext _text _etext
    kernel_thread_helper child_rip kernel_thread_starter ret_from_kernel_user_thread handle_syscall handle_sys
    start_here_common sysc_nr_ok sysc_noemu sysc_nosave sysc_tracego sysc_tracenogo sysc_return sysc_work sysc_tif
    sysc_do_svc sysc_do_restart sysc_done sysc_restore sysc_enter sysc_saveall
"""
_DRIVER_CORE = """
    device_add* device_del device_register device_unregister device_create* device_destroy device_initialize
    device_attach device_bind* device_release* device_remove* device_shutdown device_move device_rename device_lock*
    device_unlock device_unbind* devm_* devres_* release_nodes __device_attach* __device_release* dev_set_name
    dev_uevent put_device get_device get_device_parent cleanup_glue_dir* cdev_del cdev_add cdev_device_* really_probe*
    driver_probe_device __driver_probe_device driver_attach driver_register driver_unregister driver_detach
    __driver_attach kobject_* kset_* add_uevent_var sysfs_* __sysfs_* dpm_sysfs_* internal_create_group* create_files
    remove_files* bus_add_* bus_remove_* bus_for_each_* bus_probe_device klist_* i2c_del_adapter usb_submit_urb
    usb_hcd_submit_urb proc_register proc_create* proc_mkdir* remove_proc_entry remove_proc_subtree proc_remove*
    __kobject_* __device_* device_for_each_child* device_remove_file* hwrng_unregister __unregister_client*
    tty_unregister_device* rollback_registered* unregister_netdev unregister_netdevice* dummy_urb_enqueue
"""

# What a kind of crash passes over on the way to the function at fault.
MACHINERY = Words(
    _MESSENGERS, _TRAPS, _REPORTERS, _ALLOCATORS, _TRACING, _HELPERS, _LOCKS, _WAITS, _QUEUES, _INTERRUPTIONS, _ENTRY,
    _DRIVER_CORE,
)  # fmt: skip
REPORTING = Words(_MESSENGERS, _TRAPS, _REPORTERS, _ALLOCATORS, _TRACING)
"""The part of it that only tells of what happened; the rest may be at fault itself, where there is nobody else."""
ALLOCATING = Words(_MESSENGERS, _TRAPS, _REPORTERS, _ALLOCATORS, _TRACING, _HELPERS)
"""The part of it that stands between memory and its owner."""

OTHERS = {
    # What asks for memory on behalf of others is no owner of what leaked.
    "memory_leak": Words(
        "*alloc* list_lru_init* pcpu_create* mmap_region __mmap_region do_mmap vm_mmap* create_object"
    ),
    # In these a BUG() stands for their callers' sake.
    "bug": Words("skb_* __skb_*"),
    # In these lockdep speaks of a lock that their callers hold.
    "lockdep": Words("release_sock __release_sock sock_release_ownership*"),
    # In these a task sleeps for its callers' sake.
    "hung_task": Words("*wait* *completion* *_lock* *_slowlock* rcu_barrier*"),
}
"""What is passed over besides, by the kind of crash ..."""
WAITED_FOR = Words("rtnl_lock* synchronize_* __synchronize_*")
"""... save these, which tell what a task waits for."""

BOUNDARIES = Words("""
    __netif_receive_skb* netif_receive_skb* process_backlog* napi_* __napi_* net_rx_action rtnetlink_rcv*
    netlink_rcv_skb genl_rcv* genl_family_rcv* netlink_unicast* sock_common_setsockopt do_vfs_ioctl vfs_ioctl ksys_*
    sys_ioctl compat_blkdev_ioctl compat_sys_ioctl *_compat_ioctl blkdev_ioctl blkdev_driver_ioctl __blkdev_driver_ioctl
    block_ioctl vfs_write vfs_read __vfs_write __vfs_read new_sync_write new_sync_read do_iter_* __fput ____fput
    process_one_work worker_thread task_work_run do_one_initcall call_timer_fn expire_timers __run_timer*
    run_timer_softirq* __run_hrtimer* __hrtimer_run* tasklet_action* rcu_do_batch rcu_core* __handle_irq_event*
    handle_irq_event* do_softirq* __do_softirq* handle_softirqs* kthread ret_from_fork* do_syscall* do_fast_syscall*
    __do_fast* do_int80* entry_* sysenter_* invoke_syscall* el0_svc* ret_fast_syscall* system_call* tracesys*
    do_init_module load_module init_module_from_file idempotent_init_module exit_to_user* syscall_exit* get_signal*
    do_signal* arch_do_signal* vfs_iter_read vfs_iter_write vfs_readv vfs_writev call_read_iter call_write_iter
    call_mmap mmap_region __mmap_region __mmap_new_vma do_mmap do_dentry_open vfs_open __do_fault do_page_fault
    __sock_sendmsg sock_sendmsg* sock_write_iter __sock_recvmsg sock_recvmsg* sock_read_iter sock_release __sock_release
    sock_close sys_setsockopt __sys_setsockopt do_sock_setsockopt kernel_setsockopt sys_listen __sys_listen*
    kernel_listen sk_common_release sock_mmap sys_accept* __sys_accept* do_accept kernel_accept sys_connect
    __sys_connect* sys_socketpair __sys_socketpair sock_do_ioctl sock_ioctl compat_sock_ioctl nfnetlink_rcv_msg
    netlink_dump netlink_dump_start* smp_call_function* smpboot_thread_fn start_secondary* cpu_startup_entry stub_*
""")
"""Where the kernel hands control on: to a handler, a system call, a file or socket operation, a work, a timer."""

INTERRUPTS = Words("""
    asm_sysvec_* sysvec_* common_interrupt* asm_common_interrupt ret_from_intr do_IRQ *apic_timer_interrupt
    *reschedule_interrupt call_function_interrupt call_function_single_interrupt irq_work_interrupt el1_irq el1h_64_irq*
    el1_interrupt __irq_svc __irq_usr do_interrupt_handler irq_exit* __irq_exit* invoke_softirq call_on_irq_stack
    hardware_interrupt_common* decrementer_common* timer_interrupt do_irq handle_riscv_irq do_ext_irq do_io_irq
    ext_int_handler io_int_handler
""")
"""Where an interrupt came in: what stands below it on the stack was only interrupted."""

WAITS_FOR_CPUS = Words("smp_call_function*")
"""Who waits here is kept by the other CPUs: neither it nor its callers are at fault."""
