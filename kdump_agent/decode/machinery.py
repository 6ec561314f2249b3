"""Functions that stand in everybody's stack between a fault and its cause, by what they are for.

A word is a function's name; ``*`` stands for any further letters. The function at fault is the first that none of these
words fits.
"""

from __future__ import annotations

import re

WORDS = {
    "panic and its messengers": """
        dump_stack* show_stack show_trace* dump_backtrace* show_regs* panic nmi_panic* vpanic __stack_chk_fail
        die* __die* oops_* arch_stack_walk* stack_trace_* walk_stackframe* unwind* show_unwind* sched_show_task
        _sched_show_task show_state* __switch_to* print_tainted get_taint* add_taint* print_modules
        __dump_stack dump_cpu_task dump_trace print_context_stack save_trace save_stack* print_trace_stack check_panic_on_warn handle_bad_stack __bad_stack panic_bad_stack""",
    "traps": """
        do_page_fault* exc_page_fault asm_exc_* exc_* page_fault* async_page_fault trace_page_fault
        do_async_page_fault no_context* bad_area* __bad_area* __do_page_fault* do_user_addr_fault
        do_kern_addr_fault handle_page_fault kernelmode_fixup_or_oops do_error_trap do_trap*
        do_general_protection do_invalid_op do_divide_error do_int3 general_protection invalid_op divide_error
        double_fault do_double_fault machine_check do_machine_check error_entry error_exit end_repeat_nmi
        repeat_nmi nmi do_nmi default_do_nmi fixup_* die_kernel_fault do_translation_fault do_mem_abort
        do_bad_area do_DataAbort do_PrefetchAbort do_sp_pc_abort do_alignment_fault do_el0_* el0_* el1_* el0t_*
        el1h_* ret_from_* ret_to_user __irq_svc __dabt_svc* __und_svc* __pabt_svc* vectors handle_exception*
        do_trap_* spurious_* __do_kernel_fault do_kernel_fault arm64_notify_die notify_die call_break_hook
        brk_handler do_debug_exception bug_handler do_undef* do_undefinstr stack_segment
        do_tag_check_fault handle_stack_overflow el1_abort __do_kernel_fault do_DataAbort handle_exception irqentry_* irqentry_exit* do_sea do_serror""",
    "reporters": """
        kasan_* __kasan_* kmsan_* __kmsan_* kcsan_* __kcsan_* kfence_* __kfence_* ubsan_* __ubsan_* __asan_*
        __hwasan_* __msan_* __tsan_* check_memory_region* check_region_inline check_access report_*
        print_report* print_address_* end_report describe_* start_report object_err slab_err slab_bug
        slab_pad_check check_slab check_object object_is_on_stack warn_slowpath* __warn* warn_* handle_bug
        handle_overflow val_to_string reporting_* find_report* set_report_info lockdep_* __lockdep*
        lock_acquire* lock_release* __lock_acquire* __lock_release validate_chain* check_deadlock
        check_prev_add* check_prevs_add check_noncircular check_usage* check_irq_usage check_wait_context
        check_unlock* check_path* check_flags* mark_lock* mark_held* mark_usage register_lock_class valid_state*
        debug_check_no_* debug_print_object debug_object_* debug_mutex_* debug_spin_* __debug_* debug_lockdep*
        rcu_lockdep* lookup_chain_cache* check_chain_key print_circular* print_bad_* print_usage_bug*
        print_deadlock* print_irq* print_unlock* print_lock* print_trailer print_freed_lock_bug print_held*
        might_sleep* __might_* ___might_* __schedule_bug schedule_debug preempt_schedule*
        check_preemption_disabled* __this_cpu_preempt_check debug_smp_processor_id hlock_class __fortify_report
        fortify_panic __fortify_panic usercopy_abort __check_object_size check_heap_object check_stack_object
        __check_heap_object check_kernel_text_object skb_panic skb_over_panic skb_under_panic skb_push skb_put
        assfail refcount_* bad_page* check_new_page* check_free_page* drop_nlink inc_nlink clear_nlink set_nlink
        __seqprop* bust_spinlocks""",
    "helpers that are handed the bad pointer": """
        memcpy* memset* memmove* memcmp* memchr* memscan* __memcpy* __memset* __memmove* __memcmp strlen strnlen
        strcpy strncpy strcmp strncmp strlcpy strscpy* strchr strrchr strstr strlcat strcasecmp strncasecmp
        sized_strscpy copy_from_* copy_to_* _copy_from_* _copy_to_* __copy_* copyin copyout copy_user* raw_copy*
        csum_partial* clear_user* clear_page* rep_* crc16 crc32* __list_* list_* hlist_* __hlist_* __rb_*
        rb_insert* rb_erase* rb_next rb_first* rb_prev kref_* kobject_get kobject_put kobject_add* kobject_del
        kset_* atomic* arch_atomic* _atomic_* instrument_* test_bit* set_bit* clear_bit* test_and_* arch_test*
        __test_* find_next_* find_first_* _find_* __read_once* read_once* bitmap_* __bitmap_* get_unaligned*
        put_unaligned* string_nocheck string vsnprintf* snprintf sprintf printk* vprintk* _printk __xchg*
        siphash* jhash* timer_is_static* iput ida_free* idr_* __seq*
        vscnprintf scnprintf pointer hex_string *_string number ip4_addr* ip6_addr* mac_address_string format_decode seq_printf seq_vprintf copy_page_to_iter* copy_page_from_iter* copyout* _copy_* *copy_to_iter* *copy_from_iter* iov_iter_copy* mark_buffer_dirty* __brelse __x86_indirect_thunk* __x86_return_thunk __x86_retpoline*""",
    "allocators": """
        kmalloc* kzalloc* kcalloc* __kmalloc* kfree* __kfree* kvfree* kvmalloc* vfree* vmalloc* vzalloc*
        __vmalloc* kmem_cache_* slab_* ___slab_* __slab_* __cache_* cache_* ____cache* free_debug_processing
        free_block free_page* free_unref* __free_* alloc_page* __alloc_* alloc_slab* allocate_slab new_slab*
        alloc_debug* set_track* save_stack* stack_depot* do_slab_free qlist_* quarantine_* kmemdup* krealloc*
        kstrdup* __do_kmalloc* __do_kmem* ___kmalloc* kasan_save* prep_new_page get_page_from_freelist rmqueue*
        free_pcp* post_alloc_hook kmemleak_*
        radix_tree_node_alloc idr_get_free* ida_* idr_alloc* sk_prot_alloc sk_alloc *alloc_skb* __build_skb* pskb_expand_head page_pool* __page_pool* __set_page_owner* set_page_owner* alloc_pages* vm_area_* xas_alloc xas_create* xas_store""",
    "locks": """
        _raw_* __raw_* do_raw_* queued_spin_* queued_read_* queued_write_* native_queued_* pv_queued_*
        __pv_queued_* spin_lock* spin_unlock* spin_bug spin_dump mutex_* __mutex_* ww_mutex* __ww_mutex* rwsem_*
        __rwsem* down down_* __down* up up_* __up* percpu_down* percpu_up* __percpu_* percpu_rwsem* rt_mutex*
        __rt_mutex* osq_lock lock_sock_nested ldsem_* __ldsem* rwlock_* __rwlock* seqlock_* read_seq* write_seq*
        lock_timer_base*""",
    "scheduler and waits": """
        schedule __schedule schedule_* io_schedule* context_switch wait_for_* wait_on_* wait_event* wait_woken*
        __wait_* do_wait_* bit_wait* out_of_line_wait* prepare_to_wait* finish_wait* add_wait_queue*
        remove_wait_queue* io_wait* folio_wait* flush_work* flush_workqueue* flush_delayed* __flush_work*
        start_flush_work cancel_work* cancel_delayed_work* __cancel_work* drain_workqueue del_timer*
        __del_timer* timer_delete* usleep_range* msleep* mod_timer* __mod_timer kthread kthread_worker_fn
        kthread_stop worker_thread process_one_work process_scheduled_works ret_from_fork* cond_resched*
        __cond_resched* __filemap_fdatawait* filemap_fdatawait* usb_start_wait_urb usb_kill_urb usb_bulk_msg
        usb_control_msg* psi_* do_task_dead
        *fdatawait* tty_ldisc_lock* exit_to_user_mode_loop""",
    "interrupts, timers and stall reporters": """
        sysvec_* asm_sysvec_* __sysvec_* smp_* common_interrupt* do_IRQ asm_common_interrupt
        apic_timer_interrupt reschedule_interrupt* call_function_* irq_* __irq_* invoke_softirq* do_softirq*
        __do_softirq* handle_softirqs* run_timer_softirq* run_ktimers* call_timer_fn hrtimer_* __hrtimer_*
        __run_timer* __run_hrtimer* expire_timers tick_* update_process_times local_apic* rcu_sched_clock_irq
        rcu_check_* rcu_pending* rcu_dump_* rcu_core* rcu_do_batch rcu_gp_* rcu_note_* rcu_implicit*
        print_other_cpu_stall* print_cpu_stall* check_cpu_stall* rcu_stall* watchdog* check_hung* arch_trigger_*
        trigger_* nmi_* lapic_* on_each_cpu* csd_lock* __csd_lock* generic_exec_single generic_smp_call*
        flush_tlb* native_flush* arch_send* perf_event_nmi_handler perf_event_overflow* __perf_event_overflow*
        perf_*nmi* intel_pmu_handle* x86_pmu_handle* handle_nmi* softlockup_fn cpu_stopper_thread multi_cpu_stop
        gic_handle_irq* handle_IRQ handle_irq* handle_domain_irq handle_percpu* generic_handle_*
        __handle_domain_irq arch_timer_* call_on_stack call_on_irq_stack do_interrupt_handler smpboot_thread_fn
        timer_interrupt* decrementer_* __kvm_handle*""",
    "the driver core, handed a broken device": """
        device_* devm_* __device_* dev_set_name put_device get_device really_probe driver_probe_device kobject_*
        add_uevent_var sysfs_* __sysfs_* dpm_sysfs_* kernfs_* __kernfs_* internal_create_group* bus_* i2c_del_adapter
        usb_submit_urb usb_hcd_submit_urb proc_register proc_create* proc_mkdir* remove_proc_entry proc_remove""",
    "entry": """
        entry_* do_syscall* __do_syscall* __do_fast_syscall* do_fast_syscall* do_int80* syscall_* system_call*
        sysenter* sysret* tracesys* call_softirq* start_secondary* secondary_startup* cpu_startup_entry do_idle
        default_idle* arch_cpu_idle* mwait_idle* native_safe_halt safe_halt arch_safe_halt pv_native_safe_halt
        cpuidle_* acpi_*idle* acpi_safe_halt rest_init start_kernel x86_64_start* arch_call_rest_init
        invoke_syscall* __invoke_syscall* el0_svc* ret_fast_syscall* x64_sys_call ia32_sys_call""",
    "tracing": """
        trace_* ftrace_* __kcov* kcov* __sanitizer* __traceiter* perf_trace* arch_local_* arch_irqs_* native_*
        trace""",
}
BOUNDARIES = """
    __netif_receive_skb* netif_receive_skb* process_backlog* napi_* __napi_* ip_local_deliver* ip6_input_finish
    rtnetlink_rcv* netlink_rcv_skb genl_rcv* genl_family_rcv* netlink_unicast* sock_common_setsockopt
    do_vfs_ioctl vfs_ioctl ksys_ioctl *sys_ioctl compat_*ioctl blkdev_ioctl blkdev_driver_ioctl __blkdev_driver_ioctl
    process_one_work worker_thread task_work_run do_one_initcall do_softirq* __do_softirq* handle_softirqs
    call_timer_fn expire_timers __run_timer* run_timer_softirq* __run_hrtimer __hrtimer_run* tasklet_action*
    rcu_do_batch rcu_core* kthread do_syscall* do_fast_syscall* __do_fast* do_int80* entry_* sysenter_* invoke_syscall*
    el0_svc* ret_fast_syscall* system_call* tracesys* ret_from_fork* exit_to_user* syscall_exit* get_signal
    do_signal*
"""
"""Where the kernel hands control on: to a handler, a system call, a work, a timer."""
_SUFFIX = re.compile(r"(?:\.(?:isra|constprop|part|cold|llvm|lto_priv)(?:\.\d+)?)+$|\.\d+$")
_SYSCALL = re.compile(
    r"(?:__(?:x64|ia32|arm64|s390x?|riscv|loongarch|se|do)_(?:compat_)?(?:sys|SYS)|SyS|SYSC|compat_SyS|__powerpc_sys)_(?=\w)"
)


def _one_of(words: str) -> re.Pattern[str]:
    return re.compile("|".join(word.replace("*", r"\w*") for word in words.split()))


_MESSENGERS = ("panic and its messengers", "traps", "reporters", "allocators", "tracing")
_MESSENGER = _one_of(" ".join(WORDS[group] for group in _MESSENGERS))
_FITS = _one_of(" ".join(WORDS.values()))
_BOUNDARY = _one_of(BOUNDARIES)
_CPUS = _one_of("smp_call_function*")


def is_machinery(symbol: str) -> bool:
    """Does this function stand in everybody's stack? Compilers' suffixes are looked through."""
    return _FITS.fullmatch(bare(symbol)) is not None


def is_messenger(symbol: str) -> bool:
    """Does this function only report or carry what happened? The rest of the machinery may be at fault itself."""
    return _MESSENGER.fullmatch(bare(symbol)) is not None


def is_boundary(symbol: str) -> bool:
    """Is this where the kernel hands control to a handler, a system call, a work or a timer?"""
    return _BOUNDARY.fullmatch(bare(symbol)) is not None


def is_wait_for_cpus(symbol: str) -> bool:
    """Does this function wait for the other CPUs, so that they and not its callers are at fault?"""
    return _CPUS.fullmatch(bare(symbol)) is not None


def bare(symbol: str) -> str:
    """Return a symbol without what the compiler hung on it (``.isra.0``, ``.cold``), a system call as ``sys_name``."""
    return _SYSCALL.sub("sys_", _SUFFIX.sub("", symbol).lstrip("."))
