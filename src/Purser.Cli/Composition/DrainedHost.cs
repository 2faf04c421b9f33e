using Microsoft.AspNetCore.Builder;

namespace Purser.Cli.Composition;

/// <summary>Ends a web host as it is to be ended: no new requests, those that are being served brought to their end, its background work stopped, and only then disposed.</summary>
/// <param name="host">The host; taken over.</param>
/// <param name="patience">How long requests that are being served are waited for; 20 seconds when null.</param>
public sealed class DrainedHost(WebApplication host, TimeSpan? patience = null) : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Disposing alone would cut requests off in the middle, paid ones too, and leave background work running on a store that is closed next.</summary>
    public async ValueTask DisposeAsync()
    {
        using var bound = new CancellationTokenSource(patience ?? s_patience);
        try
        {
            await host.StopAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            // Patience is over; what is still open is cut off, and recovery ends it at the next start.
        }
        finally
        {
            await host.DisposeAsync();
        }
    }
}
