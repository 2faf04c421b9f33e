using Purser.Ethereum;
using Purser.Protocol.Payments;

namespace Purser.Services.Payments.Proxy;

/// <summary>An HTTP server of somebody's that gets a price, without being changed. Either <see cref="Price"/> or <see cref="Routes"/> is given.</summary>
public sealed record PaidProxyOptions
{
    /// <summary>Where requests go: http or https, without query and fragment; its path is put in front of theirs.</summary>
    public required Uri Upstream { get; init; }

    /// <summary>What each request costs, such as <c>0.001 USDC</c>.</summary>
    public string? Price { get; init; }

    /// <summary>Prices by path and method.</summary>
    public RouteTable? Routes { get; init; }

    /// <summary>The payee of <see cref="Price"/>; the one of <see cref="PaymentsOptions"/> when null.</summary>
    public Address? PayTo { get; init; }

    /// <summary>What is paid for with <see cref="Price"/>, for people; or null.</summary>
    public string? Description { get; init; }

    /// <summary>By which scheme and transfer method <see cref="Price"/> is paid.</summary>
    public PaidBy By { get; init; }

    /// <summary>When <see cref="Price"/> is settled.</summary>
    public PaymentFlow Flow { get; init; }

    /// <summary>How long the upstream may take until its reply begins.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a reply that has begun may pause. It does not hold for server-sent events and WebSockets, whose pauses mean nothing.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(100);

    internal RouteTable ToTable() => (Price, Routes) switch
    {
        ({ } price, null) => new([new("/**") { Prices = [price], PayTo = PayTo, Description = Description, By = By, Flow = Flow }]) { CaseSensitive = true },
        (null, { } routes) => routes,
        _ => throw new InvalidOperationException("A proxy has either one price or a route table."),
    };
}
