using Purser.Protocol.Assets;
using Purser.Protocol.Json;
using Purser.Protocol.Payments;
using Purser.Protocol.Payments.V1;
using Purser.Storage;

namespace Purser.Agent.Payments;

/// <summary>
/// Quotes that wait for their confirmation, durable, so that quoting and confirming can be two processes. A quote holds no secret of the wallet; the headers of
/// the caller's own request are kept with it, in the data folder, which is its owner's alone.
/// </summary>
public sealed class QuoteStore(Store store, AssetRegistry registry)
{
    private static readonly MigrationSet s_schema = new("agent_payments",
    [
        new(1, "quotes", """
            CREATE TABLE agent_quotes (
                id TEXT NOT NULL PRIMARY KEY,
                expires_at BIGINT NOT NULL,
                quote {blob} NOT NULL
            );
            CREATE INDEX agent_quotes_expiry ON agent_quotes (expires_at);
            """),
    ]);

    // A confirmed quote is needed again when its reply was lost, so quotes outlive their own expiry by this long.
    private static readonly TimeSpan s_keep = TimeSpan.FromDays(30);

    /// <summary>Brings the tables up to date; any number of processes may do it at once.</summary>
    public Task MigrateAsync(CancellationToken cancellationToken) => store.MigrateAsync(s_schema, cancellationToken);

    /// <summary>Keeps a quote, and forgets those whose time is long over.</summary>
    public Task SaveAsync(Quote quote, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(quote);
        var json = Write(quote);
        return store.WriteAsync(
            tx =>
            {
                tx.Execute("DELETE FROM agent_quotes WHERE expires_at < @oldest", new { oldest = (now - s_keep).ToUnixTimeSeconds() });
                tx.Execute("INSERT INTO agent_quotes (id, expires_at, quote) VALUES (@id, @expires, @json)",
                    new { id = quote.Id, expires = quote.ExpiresAt.ToUnixTimeSeconds(), json });
            },
            cancellationToken);
    }

    /// <summary>The quote, expired or not; null when there is none by that id.</summary>
    public async Task<Quote?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var json = await store.ReadAsync(tx => tx.QuerySingleOrDefault<byte[]>("SELECT quote FROM agent_quotes WHERE id = @id", new { id }), cancellationToken);
        return json is null ? null : Read(json);
    }

    /// <summary>Lets a quote live longer; never shorter.</summary>
    public Task ExtendAsync(Quote quote, DateTimeOffset until, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(quote);
        var longer = quote with { ExpiresAt = until };
        var json = Write(longer);
        return store.WriteAsync(
            tx => tx.Execute("UPDATE agent_quotes SET expires_at = @expires, quote = @json WHERE id = @id AND expires_at < @expires", new { id = quote.Id, expires = until.ToUnixTimeSeconds(), json }),
            cancellationToken);
    }

    private static byte[] Write(Quote quote) => PaymentHeader.Json(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("id", quote.Id);
        writer.WriteNumber("expiresAt", quote.ExpiresAt.ToUnixTimeSeconds());
        writer.WriteString("method", quote.Request.Method);
        writer.WriteString("url", quote.Request.Url);
        writer.WriteStartArray("headers");
        foreach (var (name, value) in quote.Request.Headers)
        {
            writer.WriteStartObject();
            writer.WriteString("name", name);
            writer.WriteString("value", value);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteBase64String("body", quote.Request.Body);
        writer.WriteNumber("version", quote.Version);
        writer.WritePropertyName("accepted");
        quote.Accepted.Write(writer);
        if (quote.Accepted.Extra is { } extra)
        {
            writer.WritePropertyName("extra");
            extra.WriteTo(writer);
        }
        if (quote.Echo is { } echo)
        {
            writer.WritePropertyName("echo");
            echo.WriteTo(writer);
        }
        writer.WriteNumber("selectedIndex", quote.SelectedIndex);
        writer.WriteStartArray("offers");
        foreach (var offer in quote.Offers)
        {
            writer.WriteStartObject();
            writer.WritePropertyName("asked");
            offer.Asked.Write(writer);
            if (offer.Fault is { } fault)
            {
                writer.WriteString("fault", fault);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        if (quote.Resource is not null)
        {
            writer.WritePropertyName("resource");
            quote.Resource.Write(writer);
        }
        if (quote.Extensions is { } extensions)
        {
            writer.WritePropertyName("extensions");
            extensions.WriteTo(writer);
        }
        writer.WriteEndObject();
    });

    private Quote Read(byte[] json)
    {
        // The challenge stands some levels deeper here than where it was read.
        var shape = JsonShape.Parse(json, new JsonLimits(MaxBytes: 8 * 1024 * 1024, MaxDepth: 24));
        var version = shape.Has("version") ? (int)shape.Integer("version", 1, 2) : 2;

        // Read as widely as it was read when it came; what was made of it then, such as its domain, stands beside it.
        var accepted = RequirementsV1.Read(shape.Object("accepted")) with { Version = version };
        accepted = shape.OptionalObject("extra")?.Element is { } extra ? accepted with { Extra = extra } : accepted;
        var headers = shape.Objects("headers").Select(h => KeyValuePair.Create(h.String("name", 256), h.String("value", 16 * 1024))).ToList();
        var request = new PaidRequest(shape.String("method", 32), shape.String("url", 8192), headers, Convert.FromBase64String(shape.OptionalString("body", 2 * 1024 * 1024) ?? ""));
        var terms = shape.Ok ? PaymentSchemes.ReadTerms(accepted, out _) : null;
        var token = terms is null ? null : registry.FindToken(terms.Asset);
        var chain = terms is null ? null : registry.FindChain(terms.Asset.Chain);
        if (terms is null || token is null || chain is null)
        {
            throw new InvalidDataException($"The stored quote cannot be read: {shape.Refusal?.ToString() ?? "its token is no longer in the registry"}.");
        }
        var offers = shape.Has("offers") ? shape.Objects("offers") : [];
        return new()
        {
            Id = shape.String("id"),
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(shape.Integer("expiresAt", 0, long.MaxValue / 20_000_000)),
            Request = request,
            Accepted = accepted,
            Terms = terms,
            Version = version,
            Echo = shape.OptionalObject("echo")?.Element,
            Resource = shape.OptionalObject("resource") is { } resource ? ResourceInfo.Read(resource) : null,
            Extensions = shape.OptionalObject("extensions")?.Element,
            Token = token,
            ChainName = chain.Name,
            SelectedIndex = shape.Has("selectedIndex") ? (int)shape.Integer("selectedIndex", 0, int.MaxValue) : 0,

            // Why one could not be paid then was also a matter of what the caller allowed, which is not kept.
            Offers = [.. offers.Select((offer, index) => PaymentOffer.Read(index, RequirementsV1.Read(offer.Object("asked")) with { Version = version }, mayComplete: true, registry, _ => true) with { Fault = offer.OptionalString("fault", 4096) })],
        };
    }
}
