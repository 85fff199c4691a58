using System.Runtime.CompilerServices;
using Xunit.Sdk;

namespace Mirror.Tests;

/// <summary>Waits for what other threads and processes bring about. One source, compiled into each project of tests.</summary>
internal static class Waiting
{
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">What must come true.</param>
    /// <param name="what">What is waited for, in words and with what is known of it; the condition's own text when null.</param>
    /// <param name="limit">How long; a minute when null.</param>
    /// <param name="text">The condition as it is written.</param>
    public static Task UntilAsync(Func<bool> condition, Func<string>? what = null, TimeSpan? limit = null, [CallerArgumentExpression(nameof(condition))] string text = "") =>
        UntilAsync(() => Task.FromResult(condition()), what ?? (() => text), limit);

    /// <inheritdoc cref="UntilAsync(Func{bool}, Func{string}?, TimeSpan?, string)"/>
    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? limit = null) => UntilAsync(condition, () => what, limit);

    /// <inheritdoc cref="UntilAsync(Func{bool}, Func{string}?, TimeSpan?, string)"/>
    public static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? limit = null)
    {
        TimeSpan most = limit ?? Usual;
        for (long end = Environment.TickCount64 + (long)most.TotalMilliseconds; !await condition(); await Task.Delay(Look))
        {
            if (Environment.TickCount64 > end) throw new XunitException($"Waited {most.TotalSeconds:0} s in vain until: {what()}");
        }
    }
}
