/*
 * warungctl cdr init | verify
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/span.h"
#include "gateway/cdr/cdr_file.h"
#include "gateway/ctl/command.h"

enum ctl_status ctl_cdr_init(const struct ctl_call *call)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);
    enum ctl_status status = CTL_REFUSED;
    char error[512];

    if (config == NULL)
        return CTL_REFUSED;
    if (cdr_key_create(config->cdr.key_file, error, sizeof(error))) {
        printf("%s: made; give %s.pub to whoever is to verify the files\n", config->cdr.key_file,
               config->cdr.key_file);
        status = CTL_DONE;
    } else {
        ctl_complain("%s", error);
    }
    config_free(config);
    return status;
}

/* ---- verify ---- */

/* One line of what is found; a gap in the chain is a line of its own. */
struct finding {
    const char *file; /* NULL: it is missing */
    struct cdr_verdict verdict;
};

static int compare(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = strcmp(x->verdict.instance, y->verdict.instance);

    if (order != 0 || x->verdict.sequence == y->verdict.sequence)
        return order;
    return x->verdict.sequence < y->verdict.sequence ? -1 : 1;
}

static void print_finding(const char *name, const struct cdr_verdict *v, json_t *list)
{
    if (list != NULL) {
        json_t *dropped = v->has_dropped ? json_integer((json_int_t)v->dropped) : json_null();

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:I, s:o, s:b, s:b, s:s}", "file", name,
                                        "instance", v->instance, "sequence",
                                        (json_int_t)v->sequence, "records", (json_int_t)v->records,
                                        "dropped", dropped, "recovered", (int)v->is_recovered, "ok",
                                        (int)(v->fault[0] == '\0'), "fault", v->fault));
        return;
    }
    if (v->fault[0] != '\0') {
        printf("%s: %s\n", name, v->fault);
        return;
    }
    printf("%s: ok, %" PRIu64 " records", name, v->records);
    if (v->dropped > 0)
        printf(", %" PRIu64 " dropped since the file before", v->dropped);
    printf("%s\n", v->is_recovered ? ", closed after a crash" : "");
}

/* Of one instance, the one after the other: what lies between two files that are here. */
static bool check_link(const struct finding *before, struct finding *next, json_t *list)
{
    struct cdr_verdict missing = {.fault = "missing"};
    char name[CDR_INSTANCE_BYTES + 32];
    uint64_t first = before->verdict.sequence + 1, last = next->verdict.sequence;

    if (strcmp(before->verdict.instance, next->verdict.instance) != 0 || last == 0)
        return true; /* 0: no head says where it belongs, as of cdr-gw1.state */
    if (last + 1 == first) {
        text_copy(next->verdict.fault, sizeof(next->verdict.fault),
                  "is a second file of this number");
        return false;
    }
    text_copy(missing.instance, sizeof(missing.instance), next->verdict.instance);
    for (missing.sequence = first; missing.sequence < last && missing.sequence < first + 1000;
         missing.sequence++) {
        snprintf(name, sizeof(name), "cdr-%s-%09" PRIu64 ".jsonl", missing.instance,
                 missing.sequence);
        print_finding(name, &missing, list);
    }
    if (first == last && before->verdict.fault[0] == '\0' && next->verdict.fault[0] == '\0' &&
        strcmp(next->verdict.previous, before->verdict.sha256) != 0) {
        snprintf(next->verdict.fault, sizeof(next->verdict.fault),
                 "is not the successor of %.100s: another file stood there", before->file);
        return false;
    }
    return first == last;
}

static bool look(const struct ctl_call *call, const struct cdr_key *key, json_t *list)
{
    size_t count = (size_t)call->word_count;
    struct finding *findings = mem_zalloc(count * sizeof(*findings));
    bool is_good = true;

    for (size_t i = 0; i < count; i++) {
        findings[i].file = call->words[i];
        cdr_verify(call->words[i], key, &findings[i].verdict);
    }
    qsort(findings, count, sizeof(*findings), compare);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            is_good = check_link(&findings[i - 1], &findings[i], list) && is_good;
        print_finding(findings[i].file, &findings[i].verdict, list);
        is_good = findings[i].verdict.fault[0] == '\0' && is_good;
    }
    mem_free(findings);
    return is_good;
}

static struct cdr_key *load_key(const struct ctl_call *call)
{
    char path[CDR_PATH_BYTES], error[512];
    struct cdr_key *key;

    if (call->key == NULL) {
        struct config *config = config_load(call->config, config_print_fault, stderr);

        if (config == NULL)
            return NULL;
        snprintf(path, sizeof(path), "%.4000s.pub", config->cdr.key_file);
        config_free(config);
    }
    key = cdr_key_load_public(call->key != NULL ? call->key : path, error, sizeof(error));
    if (key == NULL)
        ctl_complain("%s", error);
    return key;
}

enum ctl_status ctl_cdr_verify(const struct ctl_call *call)
{
    struct cdr_key *key = load_key(call);
    json_t *list = call->is_json ? json_array() : NULL;
    bool is_good = key != NULL && look(call, key, list);

    if (list != NULL && key != NULL) {
        ctl_print_json(list);
    }
    json_decref(list);
    cdr_key_free(key);
    return is_good ? CTL_DONE : CTL_REFUSED;
}
