using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Purser.Services.Gate;

/// <summary>Shows counters of this process as text, for who scrapes them and has no collector.</summary>
public static class MetricsEndpoint
{
    /// <summary>
    /// Maps <c>GET /metrics</c>: the sums of the counters of these meters since now, in the Prometheus text format 0.0.4 (a counter <c>a.b</c> is <c>a_b_total</c>). It is for the operator:
    /// whoever puts a proxy in front of this host leaves the path out.
    /// </summary>
    /// <param name="endpoints">The host.</param>
    /// <param name="meters">The names of the meters.</param>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder endpoints, params IReadOnlyCollection<string> meters)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(meters);
        var sums = new CounterSums(meters);
        endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopped.Register(sums.Dispose);
        return endpoints.MapGet("/metrics", context =>
        {
            context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
            context.Response.Headers.CacheControl = "no-store";
            return context.Response.WriteAsync(sums.ToText(), context.RequestAborted);
        });
    }
}

/// <summary>Sums of counters by their tags.</summary>
internal sealed class CounterSums : IDisposable
{
    /// <summary>How many sums are kept; tags come from closed sets, so that more is a mistake that may not cost memory.</summary>
    private const int MaxSeries = 1000;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (string? Description, SortedDictionary<string, long> Series)> _sums = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private int _series;

    public CounterSums(IReadOnlyCollection<string> meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is Counter<long> && meters.Contains(instrument.Meter.Name))
            {
                lock (_lock)
                {
                    // A counter that has counted nothing is told, too: its absence would look like another version.
                    _sums.TryAdd(NameOf(instrument), (instrument.Description, new(StringComparer.Ordinal)));
                }

                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.Start();
    }

    public string ToText()
    {
        var text = new StringBuilder();
        lock (_lock)
        {
            foreach (var (name, (description, series)) in _sums)
            {
                text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {description}\n# TYPE {name} counter\n");
                foreach (var (tags, sum) in series)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{tags} {sum}\n");
                }
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, long measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var labels = LabelsOf(tags);
        lock (_lock)
        {
            var series = _sums[NameOf(instrument)].Series;
            if (series.TryGetValue(labels, out var sum) || _series < MaxSeries)
            {
                _series += series.ContainsKey(labels) ? 0 : 1;
                series[labels] = sum + measurement;
            }
        }
    }

    private static string NameOf(Instrument instrument) => instrument.Name.Replace('.', '_') + "_total";

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>(tags.Length);
        foreach (var (key, value) in tags)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            labels.Add($"{key}=\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
        }

        return labels.Count == 0 ? "" : $"{{{string.Join(',', labels.Order(StringComparer.Ordinal))}}}";
    }
}
