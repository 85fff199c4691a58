using System.Collections.Concurrent;
using System.Net;
using Mirror.Core.Blocks;
using Mirror.Core.Client;
using Mirror.Core.Security;
using Mirror.Core.Wire;

namespace Mirror.Core.Fakes;

/// <summary>
/// The slow and simple server that the client engine is tested against: one volume, an image in memory, a durable copy that follows at
/// marks, and a list of what the client said. It can stall, break connections, and lose power.
/// </summary>
public sealed class ModelServer : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly byte[] _image;
    private readonly byte[] _durable;
    private readonly Bytes32 _hashKey = Bytes32.Random();
    private readonly Guid _id = Guid.NewGuid();
    private readonly Random _random;
    private readonly List<AuthenticatedConnection> _connections = [];
    private readonly Listener _listener;
    private MarkId _committed;
    private Guid _incarnation = Guid.NewGuid();
    private bool _guarded;
    private bool _followed;
    private TaskCompletionSource? _stall;

    public ModelServer(int bytes, int seed, bool hasBeenConsistent = false)
    {
        _image = new byte[bytes];
        _durable = new byte[bytes];
        _random = new Random(seed);
        HasBeenConsistent = hasBeenConsistent;
        Secret = Secret.NewMaster();
        _listener = new Listener(new IPEndPoint(IPAddress.Loopback, 0), new ServerHandshake(Secret, ServerCertificate.Create()), ServeAsync);
    }

    public Secret Secret { get; }

    public IPEndPoint EndPoint => _listener.EndPoint;

    public bool HasBeenConsistent { get; private set; }

    /// <summary>Whether a guarded scan that would change more than a fifth is refused.</summary>
    public bool RefuseReplace { get; set; } = true;

    /// <summary>How long a mark takes to be durable.</summary>
    public TimeSpan CommitTime { get; set; }

    public int Scans { get; private set; }

    public int Connections { get; private set; }

    public long BytesWritten { get; private set; }

    /// <summary>Called under the lock at each consistent mark, with the image as it is then.</summary>
    public Action<byte[]>? OnConsistent { get; set; }

    /// <summary>What becomes of the next marks, each of which ends its connection: true: it is committed and the answer lost; false: it is lost itself.</summary>
    public ConcurrentQueue<bool> BrokenMarks { get; } = new();

    public byte[] Image()
    {
        lock (_gate) return [.. _image];
    }

    public byte[] Durable()
    {
        lock (_gate) return [.. _durable];
    }

    public void Seed(ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            content.CopyTo(_image);
            content.CopyTo(_durable);
        }
    }

    /// <summary>Changes a byte of the image behind everybody's back.</summary>
    public void Flip(long offset)
    {
        lock (_gate) _image[offset] ^= 0x40;
    }

    /// <summary>Stops reading until <see cref="Go"/>; connections stay open.</summary>
    public void Stall()
    {
        lock (_gate) _stall ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Go()
    {
        lock (_gate)
        {
            _stall?.TrySetResult();
            _stall = null;
        }
    }

    /// <summary>Cuts every connection.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            foreach (AuthenticatedConnection connection in _connections) connection.Abort();
            _connections.Clear();
        }
    }

    /// <summary>Cuts every connection and loses a random part of what no mark made durable.</summary>
    public void LosePower()
    {
        lock (_gate)
        {
            Cut();
            for (int at = 0; at < _image.Length; at += Units.SectorBytes)
            {
                if (_random.Next(2) == 0) _durable.AsSpan(at, Units.SectorBytes).CopyTo(_image.AsSpan(at));
            }
        }
    }

    /// <summary>The store is another one now.</summary>
    public void ForgetIncarnation()
    {
        lock (_gate) _incarnation = Guid.NewGuid();
        Cut();
    }

    public async ValueTask DisposeAsync()
    {
        Go();
        Cut();
        await _listener.DisposeAsync();
    }

    private async Task ServeAsync(AuthenticatedConnection connection, CancellationToken cancellation)
    {
        using AuthenticatedConnection owned = connection;
        var validator = new FrameValidator(FrameSender.Client);
        using var reader = new FrameReader(connection.Stream, validator, new PayloadPool(2));
        if (await reader.ReadAsync(cancellation) != MessageType.Identify) return;
        var identify = reader.Message<IdentifyMessage>();
        validator.VolumeSectors = _image.Length >> Units.SectorShift;
        lock (_gate)
        {
            Cut();
            _connections.Add(connection);
            Connections++;
        }
        WelcomeFlags flags = (HasBeenConsistent ? WelcomeFlags.HasBeenConsistent : 0) | (_guarded ? WelcomeFlags.GuardedScanUnfinished : 0);
        await SendAsync(connection, new WelcomeMessage(flags, _incarnation, _hashKey, _committed.Number, _committed.Random, _id));
        _ = AliveAsync(connection);
        _followed = false;
        bool replace = (identify.Flags & IdentifyFlags.AdoptAndReplace) != 0;
        while (!connection.Aborted.IsCancellationRequested)
        {
            MessageType type = await reader.ReadAsync(cancellation);
            Task? stall;
            lock (_gate) stall = _stall?.Task;
            if (stall is not null) await stall;
            if (type is MessageType.None or MessageType.Bye) return;
            if (!await TakeAsync(connection, reader, type, replace)) return;
        }
    }

    private async Task<bool> TakeAsync(AuthenticatedConnection connection, FrameReader reader, MessageType type, bool replace)
    {
        switch (type)
        {
            case MessageType.Write:
                var write = reader.Message<WriteMessage>();
                if (_guarded) throw new InvalidOperationException("WRITE in a guarded scan");
                lock (_gate)
                {
                    if (connection.Aborted.IsCancellationRequested) return false;
                    reader.Payload!.Span.CopyTo(_image.AsSpan((int)(write.FirstSector << Units.SectorShift)));
                    BytesWritten += write.Bytes;
                }
                return true;
            case MessageType.Zero:
                var zero = reader.Message<ZeroMessage>();
                if (_guarded) throw new InvalidOperationException("ZERO in a guarded scan");
                lock (_gate)
                {
                    if (connection.Aborted.IsCancellationRequested) return false;
                    _image.AsSpan((int)(zero.FirstSector << Units.SectorShift), (int)(zero.Sectors << Units.SectorShift)).Clear();
                }
                return true;
            case MessageType.Mark:
                var mark = reader.Message<MarkMessage>();
                lock (_gate)
                {
                    if (connection.Aborted.IsCancellationRequested) return false;
                    bool broken = BrokenMarks.TryDequeue(out bool committed);
                    if (broken) Cut();
                    if (broken && !committed) return false;
                    _image.CopyTo(_durable, 0);
                    _committed = new MarkId(mark.Number, mark.Random);
                    if ((mark.Flags & MarkFlags.Consistent) != 0)
                    {
                        HasBeenConsistent = true;
                        OnConsistent?.Invoke(_image);
                    }
                    if (broken) return false;
                }
                await Task.Delay(CommitTime);
                await SendAsync(connection, new CommittedMessage(mark.Number, mark.Random));
                return true;
            case MessageType.State:
                _followed = true;
                await SendAsync(connection, new StateOkMessage(reader.Message<StateMessage>().State));
                return true;
            case MessageType.ScanBegin:
                bool again = (reader.Message<ScanBeginMessage>().Flags & ScanBeginFlags.Continue) != 0;
                if (!again)
                {
                    _incarnation = Guid.NewGuid();
                    Scans++;
                    _guarded = HasBeenConsistent && !_followed;
                }
                await SendAsync(connection, new ScanBegunMessage(_incarnation, _guarded ? ScanBegunFlags.Guarded : ScanBegunFlags.None));
                return true;
            case MessageType.HashRequest:
                await HashAsync(connection, reader.Message<HashRequestMessage>());
                return true;
            case MessageType.ScanCompared:
                var compared = reader.Message<ScanComparedMessage>();
                if (RefuseReplace && compared.DifferentNonZero * 5 > compared.NonZero && !replace)
                {
                    await SendAsync(connection, new RefusedMessage(RefusalCode.NeedsReplace, 0, "too much would change"));
                    await connection.FinishAsync(TimeSpan.FromSeconds(1));
                    return false;
                }
                _guarded = false;
                await SendAsync(connection, default(ScanProceedMessage));
                return true;
            default:
                return true;
        }
    }

    private async Task HashAsync(AuthenticatedConnection connection, HashRequestMessage request)
    {
        var answer = new byte[HashesMessage.Size + request.Count * WireLimits.TagBytes];
        Memory<byte> tags = answer.AsMemory(HashesMessage.Size);
        using var hasher = new UnitHasher(_hashKey);
        int from = (int)(request.FirstSector << Units.SectorShift);
        int end = (int)Math.Min(_image.Length, from + (long)request.Count * request.UnitBytes);
        int nonZero;
        lock (_gate) nonZero = hasher.HashAll(_image.AsSpan(from, end - from), request.UnitBytes, from / request.UnitBytes, tags.Span);
        HashesFlags flags = nonZero == 0 ? HashesFlags.AllZero : HashesFlags.None;
        new HashesMessage(request.FirstSector, request.Count, request.UnitBytes, flags).Encode(answer);
        await SendAsync(connection, nonZero == 0 ? answer[..HashesMessage.Size] : answer);
    }

    private async Task AliveAsync(AuthenticatedConnection connection)
    {
        try
        {
            using var interval = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
            while (await interval.WaitForNextTickAsync(connection.Aborted))
            {
                Task? stall;
                lock (_gate) stall = _stall?.Task;
                if (stall is not null) continue;
                await SendAsync(connection, default(AliveMessage));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is over.
        }
    }

    private readonly SemaphoreSlim _sending = new(1);

    private Task SendAsync<T>(AuthenticatedConnection connection, T message) where T : struct, IMessage<T>
    {
        var bytes = new byte[message.EncodedBytes];
        message.Encode(bytes);
        return SendAsync(connection, bytes);
    }

    private async Task SendAsync(AuthenticatedConnection connection, byte[] bytes)
    {
        await _sending.WaitAsync();
        try
        {
            await connection.Stream.WriteAsync(bytes);
        }
        finally
        {
            _sending.Release();
        }
    }
}
