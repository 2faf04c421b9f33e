using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.Extensions;
using Purser.Services.Payments.Extensions;
using Purser.Storage;

namespace Purser.Services.Payments.Facilitator;

/// <summary>What became of a payment's <c>bazaar</c> entry: the extension's part of <c>EXTENSION-RESPONSES</c>.</summary>
/// <param name="Status"><c>success</c>, <c>processing</c> (it is listed once it is settled) or <c>rejected</c>.</param>
/// <param name="RejectedReason">Why it is rejected; else null.</param>
public sealed record CatalogueOutcome(string Status, string? RejectedReason = null)
{
    /// <summary>It is listed.</summary>
    public static CatalogueOutcome Listed { get; } = new("success");

    /// <summary>It will be, when it is settled.</summary>
    public static CatalogueOutcome Waiting { get; } = new("processing");

    internal static CatalogueOutcome Rejected(string reason) => new("rejected", reason);
}

/// <summary>
/// A facilitator's catalogue (specs/x402.md 4, 7): resources whose settled payments carried a <c>bazaar</c> entry. All that it lists of a resource but the terms is the payer's text, and that the resource is the payee's is
/// nobody's word: it is for finding, and what counts is the 402 that is found there. Nothing is fetched. A resource stays its first payee's while it is paid for at least every <see cref="Kept"/>, so that nobody puts his own
/// account under another's name by paying himself.
/// </summary>
/// <param name="store">The facilitator's store.</param>
/// <param name="clock">The clock.</param>
/// <param name="maxEntries">How many are kept; beyond it the one that was longest not paid for goes.</param>
public sealed class SettledResources(Store store, TimeProvider clock, int maxEntries = 10_000) : IResourceCatalog
{
    /// <summary>How long a resource is listed after it was last paid for.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    /// <summary>The largest entry, in bytes of JSON.</summary>
    public const int MaxEntryBytes = 16 * 1024;

    private const int MaxWays = 8;

    private static readonly MigrationSet s_schema = new("facilitator_catalogue",
    [
        new(1, "settled resources", """
            CREATE TABLE facilitator_resources (
                id {blob} NOT NULL PRIMARY KEY,
                resource {text} NOT NULL,
                kind {text} NOT NULL,
                pay_to {text} NOT NULL,
                entry {blob} NOT NULL,
                paid_at BIGINT NOT NULL
            );
            CREATE INDEX facilitator_resources_age ON facilitator_resources (paid_at);
            CREATE INDEX facilitator_resources_order ON facilitator_resources (resource, id);
            CREATE TABLE facilitator_resource_ways (
                id {blob} NOT NULL,
                scheme {text} NOT NULL,
                network {text} NOT NULL,
                PRIMARY KEY (id, scheme, network)
            )
            """),
    ]);

    /// <summary>Brings the tables up to date; any number of processes may do it at once.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => store.MigrateAsync(s_schema, cancellationToken);

    /// <summary>What would become of a payment's entry; null when it has none.</summary>
    public static CatalogueOutcome? Judge(FacilitatorRequest request) => Read(request, DateTimeOffset.UnixEpoch, out var outcome) is null ? outcome : CatalogueOutcome.Waiting;

    /// <summary>
    /// Lists what was paid for by a payment that is settled; null when it has no entry. The race: of two payees who are the first of one resource at once, one is, by the row.
    /// </summary>
    /// <exception cref="StorageException">The store cannot be used; the settlement stands all the same.</exception>
    public async Task<CatalogueOutcome?> NoteAsync(FacilitatorRequest request, CancellationToken cancellationToken = default)
    {
        if (Read(request, clock.GetUtcNow(), out var outcome) is not { } found)
        {
            return outcome;
        }

        return await store.WriteAsync(transaction => Note(transaction, found.Id, found.Resource), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<DiscoveryPage> ListAsync(DiscoveryQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Extension is not (null or BazaarMetadata.Name))
        {
            return Task.FromResult(new DiscoveryPage([], query.Limit, query.Offset, 0));
        }

        var conditions = new List<string> { "paid_at >= @oldest" };
        Add(query.Type, "kind = @kind");
        Add(query.PayTo, "pay_to = @payTo");
        Add(query.Scheme, "EXISTS (SELECT 1 FROM facilitator_resource_ways WHERE facilitator_resource_ways.id = facilitator_resources.id AND scheme = @scheme)");
        Add(query.Network, "EXISTS (SELECT 1 FROM facilitator_resource_ways WHERE facilitator_resource_ways.id = facilitator_resources.id AND network = @network)");
        var where = string.Join(" AND ", conditions);
        var values = new
        {
            oldest = (clock.GetUtcNow() - Kept).ToUnixTimeSeconds(),
            kind = query.Type ?? "",
            payTo = Payee(query.PayTo ?? ""),
            scheme = query.Scheme ?? "",
            network = query.Network ?? "",
            limit = (long)query.Limit,
            offset = (long)query.Offset,
        };
        return store.ReadAsync(
            reader =>
            {
                var total = reader.QuerySingleOrDefault<long>($"SELECT COUNT(*) FROM facilitator_resources WHERE {where}", values);
                var entries = reader.Query<byte[]>($"SELECT entry FROM facilitator_resources WHERE {where} ORDER BY resource, id LIMIT @limit OFFSET @offset", values);
                return new DiscoveryPage([.. entries.Select(Decode).OfType<DiscoveredResource>()], query.Limit, query.Offset, total);
            },
            cancellationToken);

        void Add(string? wanted, string condition)
        {
            if (wanted is not null)
            {
                conditions.Add(condition);
            }
        }
    }

    private static (byte[] Id, DiscoveredResource Resource)? Read(FacilitatorRequest request, DateTimeOffset now, out CatalogueOutcome? outcome)
    {
        ArgumentNullException.ThrowIfNull(request);
        outcome = null;
        var payload = request.Payload;
        if (PaymentExtensions.Find(payload.Extensions, BazaarMetadata.Name) is null)
        {
            return null;
        }

        if (BazaarMetadata.Read(payload.Extensions, out var refusal) is not { } metadata)
        {
            outcome = CatalogueOutcome.Rejected($"entry_malformed: {UntrustedText.Clean(refusal?.ToString() ?? "", 200)}");
            return null;
        }

        if (AddressOf(payload.Resource?.Url, metadata) is not { } resource)
        {
            outcome = CatalogueOutcome.Rejected("resource_invalid: an http or https URL without credentials is needed, of a tool also mcp://tool/NAME");
            return null;
        }

        var found = new DiscoveredResource(resource, metadata.Input.Type, [request.Requirements with { Verbatim = null }], now)
        {
            Description = payload.Resource!.Description,
            Extensions = PaymentExtensions.Join([new(BazaarMetadata.Name, metadata.ToEntry())]),
        };
        var entry = Encode(found);
        if (entry.Length > MaxEntryBytes)
        {
            outcome = CatalogueOutcome.Rejected($"entry_too_large: at most {MaxEntryBytes} bytes");
            return null;
        }

        // What is listed must be readable by who asks for the list: a URL grows when its letters are written in percents.
        if (Decode(entry) is null)
        {
            outcome = CatalogueOutcome.Rejected("resource_too_long: the URL as it is listed, with its letters in percents, is longer than what a list may hold");
            return null;
        }

        var tool = metadata.Input is BazaarInput.Mcp mcp ? mcp.Tool : "";
        return (SHA256.HashData(Encoding.UTF8.GetBytes($"{found.Type}\0{resource}\0{tool}")), found);
    }

    // Without query and fragment, which are one request's and not the resource's; a route's parameters by their names.
    private static string? AddressOf(string? text, BazaarMetadata metadata) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
        ? (url.Scheme, metadata.Input) switch
        {
            ("http" or "https", _) => url.GetLeftPart(UriPartial.Authority) + (metadata.RouteTemplate ?? url.AbsolutePath),
            ("mcp", BazaarInput.Mcp) => url.GetLeftPart(UriPartial.Path),
            _ => null,
        }
        : null;

    private static string Payee(string text) => Address.TryParse(text, out var account) ? account.ToString() : text;

    private static byte[] Encode(DiscoveredResource resource) => PaymentHeader.Json(new DiscoveryPage([resource], 1, 0, 1).Write);

    // Null for what cannot be read: a row is never a reason to answer nothing at all.
    private static DiscoveredResource? Decode(byte[] entry)
    {
        var shape = JsonShape.Parse(entry, DiscoveryPage.Limits);
        var items = DiscoveryPage.Read(shape).Items;
        return shape.Ok && items.Count == 1 ? items[0] : null;
    }

    private CatalogueOutcome Note(IStoreTransaction transaction, byte[] id, DiscoveredResource found)
    {
        var (now, payee) = (found.LastUpdated.ToUnixTimeSeconds(), Payee(found.Accepts[0].PayTo));
        var row = transaction.QuerySingleOrDefault<Row>($"SELECT pay_to AS PayTo, entry AS Entry, paid_at AS PaidAt FROM facilitator_resources WHERE id = @id{transaction.ForUpdate}", new { id });
        var fresh = row is not null && row.PaidAt >= now - (long)Kept.TotalSeconds;
        if (fresh && row!.PayTo != payee)
        {
            return CatalogueOutcome.Rejected("resource_of_another_payee");
        }

        if (fresh)
        {
            // What it took before in other tokens, on other chains, it takes still, as far as one can know.
            var others = (Decode(row!.Entry)?.Accepts ?? []).Where(way => WayOf(way) != WayOf(found.Accepts[0]));
            var merged = found with { Accepts = [found.Accepts[0], .. others.Take(MaxWays - 1)] };
            found = Encode(merged).Length <= MaxEntryBytes ? merged : found;
        }

        var written = transaction.Execute(
            """
            INSERT INTO facilitator_resources (id, resource, kind, pay_to, entry, paid_at) VALUES (@id, @resource, @kind, @payee, @entry, @now)
            ON CONFLICT (id) DO UPDATE SET pay_to = excluded.pay_to, entry = excluded.entry, paid_at = excluded.paid_at
            WHERE facilitator_resources.pay_to = excluded.pay_to OR facilitator_resources.paid_at < @oldest
            """,
            new { id, resource = found.Resource, kind = found.Type, payee, entry = Encode(found), now, oldest = now - (long)Kept.TotalSeconds });
        if (written == 0)
        {
            // The race: another payee was the first while we looked.
            return CatalogueOutcome.Rejected("resource_of_another_payee");
        }

        transaction.Execute("DELETE FROM facilitator_resource_ways WHERE id = @id", new { id });
        foreach (var (scheme, network) in found.Accepts.Select(way => (way.Scheme, way.Network)).Distinct())
        {
            transaction.Execute("INSERT INTO facilitator_resource_ways (id, scheme, network) VALUES (@id, @scheme, @network)", new { id, scheme, network });
        }

        if (row is null && transaction.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM facilitator_resources") > maxEntries)
        {
            transaction.Execute("DELETE FROM facilitator_resources WHERE id IN (SELECT id FROM facilitator_resources ORDER BY paid_at, id LIMIT 1)");
            transaction.Execute("DELETE FROM facilitator_resource_ways WHERE id NOT IN (SELECT id FROM facilitator_resources)");
        }

        return CatalogueOutcome.Listed;
    }

    private static (string Scheme, string Network, string Asset) WayOf(PaymentRequirements way) => (way.Scheme, way.Network, Payee(way.Asset));

    private sealed class Row
    {
        public string PayTo { get; init; } = "";

        public byte[] Entry { get; init; } = [];

        public long PaidAt { get; init; }
    }
}
